"""The HTML that goes over the socket: pieces of the page, addressed by their ids."""

from django.template.loader import render_to_string

from chatsite import markdown
from chatsite.chat.conversations import Seen
from chatsite.chat.live import Changed
from chatsite.chat.models import Message
from chatsite.chat.questions import Change


def entry(message: Message) -> str:
    """One message as it stands in the log; replaces its namesake there."""
    return render_to_string("chat/_message.html", {"message": message})


def feedback(message: Message) -> str:
    """The customer's opinion of an answer, without the answer: it is not read out again."""
    return render_to_string("chat/_feedback.html", {"message": message})


def log(seen: Seen) -> str:
    """The whole log; replaces the one that a tab has."""
    return render_to_string("chat/_log.html", shown(seen))


def shown(seen: Seen) -> dict[str, object]:
    """What templates know a conversation's messages by."""
    return {
        "conversation": seen.conversation,
        "chat_messages": seen.messages,
        "earlier": seen.earlier,
    }


def notice(words: str, client_id: str = "") -> str:
    """Why something was refused; with the client id of the message that was not taken."""
    return render_to_string("chat/_notice.html", {"words": words, "client_id": client_id})


def changed(change: Change) -> Changed:
    """Messages that stay where they are, then those that leave their place, then the new ones."""
    html = [entry(message) for message in change.altered]
    html += [
        f'<div id="entry-{message.pk}" hx-swap-oob="delete"></div>' for message in change.moved
    ]
    if change.added:
        added = "".join(entry(message) for message in change.added)
        html.append(f'<div hx-swap-oob="beforeend:#messages">{added}</div>')
    html += [feedback(message) for message in change.rated]
    if change.handed:
        context = {"conversation": change.conversation}
        html += [render_to_string(f"chat/_{name}.html", context) for name in ("standing", "person")]
    conversation = change.conversation.public_id.hex
    ended = [
        (message.pk, message.attempt)
        for message in change.altered
        if message.role == Message.Role.ASSISTANT and message.state not in Message.OPEN
    ]
    return Changed(conversation, change.before, change.after, "".join(html), ended)


def grown(reply: int, text: str, sent: int, tail: int) -> tuple[str, int]:
    """What a tab lacks of `text` that was `sent` so many characters, the last block from `tail`.

    Returns the HTML and where the last block now begins. Whole Markdown blocks are rendered once,
    the unfinished one only where it holds marks. The first words replace what stood in their place.
    """
    whole = markdown.blocks(text[tail:]) if "\n" in text[max(sent - 1, 0) :] else 0
    if sent and not whole and not markdown.is_marked(text[tail:]):
        added = markdown.growing(text[sent:])
        return f'<div hx-swap-oob="beforeend:#tail-{reply}">{added}</div>', tail
    body = ""
    if whole:
        rendered = markdown.render(text[tail : tail + whole])
        body = f'<div hx-swap-oob="beforeend:#body-{reply}">{rendered}</div>'
        tail += whole
    rest = markdown.growing(text[tail:])
    return f'{body}<div class="message__tail prose" id="tail-{reply}">{rest}</div>', tail
