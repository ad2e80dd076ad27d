"""The HTML that goes over the socket: pieces of the page, addressed by their ids."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from chatsite import markdown
from chatsite.chat.history import Seen
from chatsite.chat.live.frames import Delta, Frame
from chatsite.chat.models import Conversation, Message

Row = dict[str, Any]


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


@lru_cache(maxsize=64)
def html(frame: Frame) -> str:
    """What a tab is sent of a frame; tabs of one conversation share it.

    It is made in the process that has the tab, since a worker has less time than a web process.
    """
    if isinstance(frame, Delta):
        return frame.html
    return "".join(_PIECES[kind](frame.conversation, value) for kind, value in frame.pieces)


def _read(conversation: str, row: Row) -> Message:
    """The message of a row, which may have come through JSON."""
    message = Message(**row, conversation=Conversation(public_id=UUID(conversation)))
    if isinstance(created_at := row["created_at"], str):
        message.created_at = datetime.fromisoformat(created_at)
    return message


def _status(conversation: str, row: Row) -> str:
    context = {"conversation": Conversation(public_id=UUID(conversation), **row)}
    return "".join(render_to_string(f"chat/_{name}.html", context) for name in ("status", "person"))


def _added(conversation: str, rows: Sequence[Row]) -> str:
    entries = "".join(entry(_read(conversation, row)) for row in rows)
    return f'<div hx-swap-oob="beforeend:#messages">{entries}</div>'


# By their kind, the pieces of a frame in HTML.
_PIECES: dict[str, Callable[[str, Any], str]] = {
    "entry": lambda conversation, row: entry(_read(conversation, row)),
    "moved": lambda _, reply: f'<div id="entry-{reply}" hx-swap-oob="delete"></div>',
    "added": _added,
    "feedback": lambda conversation, row: feedback(_read(conversation, row)),
    "status": _status,
}


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
