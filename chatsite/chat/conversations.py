"""Reading a conversation: what a page or a socket shows of it."""

import uuid
from dataclasses import dataclass

from chatsite.chat.errors import NotYours
from chatsite.chat.models import Conversation, Message


@dataclass(frozen=True, slots=True)
class Seen:
    """A conversation as one statement read it: its messages belong to its revision."""

    conversation: Conversation
    messages: tuple[Message, ...]


def seen(public_id: uuid.UUID, visitor: str) -> Seen:
    """The visitor's conversation of this address; unsaved and empty where none has begun.

    Raises NotYours.
    """
    if not visitor:
        raise NotYours
    messages = tuple(
        Message.objects.filter(conversation__public_id=public_id)
        .select_related("conversation", "author")
        .order_by("position")
    )
    if messages:
        conversation = messages[0].conversation
    else:
        # A conversation is stored with its first message, so without one there is none.
        conversation = Conversation(public_id=public_id, visitor=visitor)
    if conversation.visitor != visitor:
        raise NotYours
    return Seen(conversation, messages)


def latest(visitor: str) -> uuid.UUID | None:
    """The conversation that a returning visitor goes on with."""
    held = Conversation.objects.held_by(visitor) if visitor else Conversation.objects.none()
    return held.order_by("-active_at").values_list("public_id", flat=True).first()


def revisions(public_ids: list[str]) -> dict[str, int]:
    """How far each of these conversations (hex ids) has come."""
    rows = Conversation.objects.filter(public_id__in=public_ids)
    return {
        public_id.hex: revision for public_id, revision in rows.values_list("public_id", "revision")
    }
