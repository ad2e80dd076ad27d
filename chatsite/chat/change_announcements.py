"""A committed change of a conversation, and the one way in which tabs and workers hear of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from chatsite.chat.live import bus, wake_worker
from chatsite.chat.live.bus import Live
from chatsite.chat.live.outgoing_frames import OVER, Begun, Changed, Noted
from chatsite.chat.models import Conversation, Message

# What the page shows of a message, and of who answers.
ROW = (
    *("id", "role", "state", "text", "client_id", "created_at", "tier", "failure", "sources"),
    *("stage", "draft", "rating", "rating_note", "offers_person", "files", "files_unseen"),
)
STATUS = (
    *("revision", "handled_by_id", "wants_person_since", "resolved_at", "handed_back_at"),
    *("away_until", "satisfaction", "satisfaction_note", "email"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change of a conversation: what tabs at revision `before` lack for `after`.

    Of the messages `added` at the end, those `moved` stood elsewhere before. `reply_id` is the
    reply that a worker may start now. `handed`: somebody else answers from now on. `rated`: only
    the customer's opinion of these is different. `over`: it was ended or deleted.
    """

    conversation: Conversation
    before: int
    after: int
    added: tuple[Message, ...] = ()
    moved: tuple[Message, ...] = ()
    altered: tuple[Message, ...] = ()
    reply_id: int | None = None
    handed: bool = False
    rated: tuple[Message, ...] = ()
    over: bool = False

    def handing_over(self) -> Self:
        """The same, as who answers changes with it."""
        return replace(self, handed=True)

    @property
    def is_none(self) -> bool:
        """Whether the same was done before, so that nobody has to hear of it."""
        return self.before == self.after


def announce(
    change: Change, live: Live | None = None, wake: Callable[[int], None] | None = None
) -> None:
    """Tell every open tab of a committed change, and wake a worker for the reply that is due.

    `live`: of the running event loop; without it the frame is published from synchronous code.
    `wake`: who writes the reply, if not any worker that takes the hint.
    """
    if change.is_none:
        return
    if live:
        live.publish(frame(change))
    else:
        bus.tell(frame(change))
    if change.reply_id is not None:
        (wake or wake_worker.wake_worker)(change.reply_id)


def noted(conversation: Conversation) -> None:
    """Tell every open inbox of another note or tag."""
    bus.tell(Noted(conversation.public_id.hex))


def frame(change: Change) -> Changed:
    """Messages that stay where they are, then those that leave their place, then the new ones."""
    pieces: list[tuple[str, Any]] = [("entry", _row(message)) for message in change.altered]
    pieces += [("moved", message.pk) for message in change.moved]
    if change.added:
        pieces.append(("added", [_row(message) for message in change.added]))
    pieces += [("feedback", _row(message)) for message in change.rated]
    if change.handed:
        pieces.append(("status", {name: getattr(change.conversation, name) for name in STATUS}))
    if change.over:
        pieces.append((OVER, None))
    conversation = change.conversation.public_id.hex
    ended = [
        (message.pk, message.attempt)
        for message in change.altered
        if message.role == Message.Role.ASSISTANT and message.state not in Message.OPEN
    ]
    return Changed(conversation, change.before, change.after, pieces, ended)


def begun(reply: Message, *, draft: bool = False) -> Begun:
    """Clears what an earlier attempt may have left in the page, or shows its draft there."""
    # As it stands now: the thread that writes may be ending the reply itself at this moment.
    writing = {"state": Message.State.WRITING, "text": "", "sources": []}
    row = _row(reply) | writing | ({} if draft else {"stage": ""})
    return Begun(reply.conversation.public_id.hex, reply.pk, reply.attempt, [("entry", row)])


def _row(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in ROW}
