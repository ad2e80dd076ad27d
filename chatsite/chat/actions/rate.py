"""What a customer thinks of an answer, in one click that a second one takes back."""

import logging
import uuid
from collections.abc import Mapping

from django.db import transaction

from chatsite.chat.actions.ask import cleaned
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import NotRateable, TooLong
from chatsite.chat.models import Conversation, Message, SavedAnswer

logger = logging.getLogger(__name__)

# As forms and sockets write it; 0 takes a rating back.
_RATINGS = {"1": Message.Rating.GOOD, "-1": Message.Rating.BAD, "0": None}
# Characters.
LONGEST_NOTE = 500


def read(fields: Mapping[str, object]) -> tuple[int, Message.Rating | None, str]:
    """Which reply is rated, how, and why. Raises KeyError, ValueError for what no page sends."""
    note = fields.get("note", "")
    return int(str(fields["rate"])), _RATINGS[str(fields["rating"])], str(note)


def answer(
    public_id: uuid.UUID,
    visitor: str,
    reply_id: int,
    rating: Message.Rating | None,
    note: str = "",
) -> Change:
    """Keep the rating of a complete answer; None takes it back. The same again changes nothing.

    A note belongs to its rating and goes with it. Raises NotYours, NotRateable, TooLong.
    """
    note = " ".join(cleaned(note).split())
    if len(note) > LONGEST_NOTE:
        raise TooLong(LONGEST_NOTE)
    with transaction.atomic():
        conversation = Conversation.objects.locked(public_id, visitor)
        reply = conversation.messages.filter(id=reply_id).first()
        if reply is None or not reply.can_be_rated:
            raise NotRateable
        before = conversation.revision
        if reply.rating == rating:
            note = note or reply.rating_note
        if reply.rating == rating and reply.rating_note == note:
            return Change(conversation, before, before, rated=(reply,))
        conversation.advance()
        reply.rating, reply.rating_note = rating, note if rating else ""
        reply.save(update_fields=["rating", "rating_note"])
        if rating == Message.Rating.BAD:
            # Nobody else is given it.
            SavedAnswer.objects.of(reply).delete()
    logger.info("%s rated %s", reply.reference, rating.label if rating else "no longer")
    return Change(conversation, before, conversation.revision, rated=(reply,))
