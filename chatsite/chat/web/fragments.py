"""The HTML that goes over the socket: pieces of the page, addressed by their ids."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from chatsite.chat.displayed_messages import Seen
from chatsite.chat.errors import TOO_LARGE, TOO_MANY_FILES
from chatsite.chat.live.outgoing_frames import Begun, Changed, Delta
from chatsite.chat.models import Conversation, Message

Row = dict[str, Any]


def entry(message: Message, csrf_input: str = "", *, is_shown: bool = False) -> str:
    """One message as it stands in the log; replaces its namesake there.

    `is_shown`: the tab has all of its words, which stay as they are. `csrf_input`: for a page,
    whose forms may have to be sent without a socket.
    """
    values = {
        "message": message,
        "at": timezone.localtime(message.created_at),
        "is_shown": is_shown,
        "csrf_input": csrf_input,
    }
    return render_to_string("chat/message.html", values, using="jinja2")


def feedback(message: Message) -> str:
    """The customer's opinion of an answer, without the answer: it is not read out again."""
    return render_to_string("chat/feedback.html", {"message": message}, using="jinja2")


def log(seen: Seen) -> str:
    """The whole log; replaces the one that a tab has."""
    return render_to_string("chat/_log.html", shown(seen))


def shown(seen: Seen) -> dict[str, object]:
    """What templates know a conversation's messages by."""
    return {
        "conversation": seen.conversation,
        "chat_messages": seen.messages,
        "earlier": seen.earlier,
        "answers_by_mail": bool(settings.REPLY_ADDRESS),
    }


def file_limits() -> dict[str, object]:
    """What the composer has to know of files, with what it says about them, as JSON."""
    words = {
        "attached": _("{name} is attached."),
        "removed": _("{name} is removed."),
        "remove": _("Remove {name}"),
        "again": _("Retry: {name}"),
        "waits": _("Your message is sent as soon as the files have been uploaded."),
        "failed": _("The upload did not work. Please check your connection and try again."),
        "large": TOO_LARGE,
        "many": TOO_MANY_FILES,
    }
    return {
        "megabytes": settings.ATTACHMENT_MEGABYTES,
        "most": settings.ATTACHMENTS_PER_MESSAGE,
        "words": orjson.dumps({name: str(said) for name, said in words.items()}).decode(),
    }


def notice(words: StrOrPromise, client_id: str = "") -> str:
    """Why something was refused; with the client id of the message that was not taken."""
    return render_to_string("chat/_notice.html", {"words": words, "client_id": client_id})


def place(place: int) -> str:
    """Of a customer who waits for a person, from 1; 0: none."""
    return render_to_string("chat/_place.html", {"place": place})


def typing(*, is_typing: bool) -> str:
    """Whether a member of staff is."""
    return render_to_string("chat/_typing.html", {"is_typing": is_typing})


@lru_cache(maxsize=64)
def html(
    frame: Delta | Begun | Changed, shown: frozenset[int] = frozenset(), language: str = ""
) -> str:
    """What a tab is sent of a frame; tabs of one conversation and one language share it.

    Of the replies `shown` it has all the words. It is made in the process that has the tab, since a
    worker has less time than a web process.
    """
    if isinstance(frame, Delta):
        return frame.html
    with in_language(language):
        return "".join(_piece(frame.conversation, *piece, shown) for piece in frame.pieces)


def in_language(language: str) -> AbstractContextManager[None]:
    """What is rendered within; blank: in the language that is spoken anyway."""
    return translation.override(language) if language else nullcontext()


def _piece(conversation: str, kind: str, value: Any, shown: frozenset[int]) -> str:
    if kind != "entry":
        return _PIECES[kind](conversation, value)
    # What is stopped ends with the words that the tab has, of which the row may lack the last.
    is_shown = value["id"] in shown or value["failure"] == Message.Failure.STOPPED
    return entry(_read(conversation, value), is_shown=is_shown)


def _read(conversation: str, row: Row) -> Message:
    """The message of a row, which may have come through JSON."""
    message = Message(**row, conversation=Conversation(public_id=UUID(conversation)))
    if isinstance(created_at := row["created_at"], str):
        message.created_at = datetime.fromisoformat(created_at)
    return message


def _status(conversation: str, row: Row) -> str:
    fields = {name: value for name, value in row.items() if name != "away_until"}
    held = Conversation(public_id=UUID(conversation), **fields)
    held.away_until = row["away_until"]
    context = {"conversation": held, "answers_by_mail": bool(settings.REPLY_ADDRESS)}
    return "".join(
        render_to_string(f"chat/_{name}.html", context)
        for name in ("typing", "status", "place", "satisfaction", "address", "person")
    )


def _added(conversation: str, rows: Sequence[Row]) -> str:
    entries = "".join(entry(_read(conversation, row)) for row in rows)
    return f'<div hx-swap-oob="beforeend:#messages">{entries}</div>'


# By their kind, the other pieces of a frame in HTML.
_PIECES: dict[str, Callable[[str, Any], str]] = {
    "moved": lambda _, reply: f'<div id="entry-{reply}" hx-swap-oob="delete"></div>',
    "added": _added,
    "feedback": lambda conversation, row: feedback(_read(conversation, row)),
    "status": _status,
}
