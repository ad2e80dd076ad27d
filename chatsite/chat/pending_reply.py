"""A pending reply: the row of an answer that is still to be written, which is also its job."""

from datetime import datetime, timedelta

from django.db.models.functions import Now

from billing import clock
from chatsite.chat.models import ANSWER_WITHIN, Conversation, Message


def new(conversation: Conversation, position: int, since: datetime | None = None) -> Message:
    """A pending reply at this position, to be saved under the conversation's lock.

    `since`: when the customer asked, if not now.
    """
    return Message(
        conversation=conversation,
        position=position,
        role=Message.Role.ASSISTANT,
        state=Message.State.PENDING,
        due_at=Now(),
        deadline=(since or Now()) + ANSWER_WITHIN,
    )


def add(conversation: Conversation, position: int, since: datetime | None = None) -> Message:
    """A pending reply, stored; the caller holds the conversation's lock."""
    reply = new(conversation, position, since)
    reply.save(force_insert=True)
    return reply


def waited_ms(reply: Message) -> int | None:
    """Milliseconds since the customer asked for what is still open; None once it has ended."""
    if reply.deadline is None:
        return None
    return max(0, (clock.now() - (reply.deadline - ANSWER_WITHIN)) // timedelta(milliseconds=1))
