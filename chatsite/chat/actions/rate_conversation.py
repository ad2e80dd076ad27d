"""What a customer thinks of a conversation that is over: once, and changed for a while."""

import logging
import uuid
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction

from billing import clock
from chatsite.chat import outgoing_events
from chatsite.chat.actions.ask import cleaned
from chatsite.chat.actions.rate import LONGEST_NOTE
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import NotRateableNow, TooLong
from chatsite.chat.models import Conversation, Message
from chatsite.webhooks.models import Kind

logger = logging.getLogger(__name__)

CHANGEABLE = timedelta(hours=24)
# As forms and sockets write it.
_RATINGS = {"1": Message.Rating.GOOD, "-1": Message.Rating.BAD}


def read(fields: Mapping[str, object]) -> tuple[Message.Rating, str]:
    """How it was, and why. Raises KeyError for what no page sends."""
    return _RATINGS[str(fields["satisfaction"])], str(fields.get("note", ""))


def by_customer(public_id: uuid.UUID, visitor: str, rating: Message.Rating, note: str) -> Change:
    """Keep it once staff have resolved the conversation or its customer has ended it.

    The same again changes nothing. Raises NotYours, NotRateableNow, TooLong.
    """
    note = " ".join(cleaned(note).split())
    if len(note) > LONGEST_NOTE:
        raise TooLong(LONGEST_NOTE)
    with transaction.atomic():
        conversation = Conversation.objects.locked(public_id, visitor)
        before, rated_at = conversation.revision, conversation.satisfaction_at
        if conversation.satisfaction == rating:
            note = note or conversation.satisfaction_note
            if note == conversation.satisfaction_note:
                return Change(conversation, before, before, handed=True)
        over_at = conversation.resolved_at or conversation.ended_at
        if over_at is None or (rated_at is not None and clock.now() - rated_at > CHANGEABLE):
            raise NotRateableNow
        conversation.advance()
        conversation.satisfaction, conversation.satisfaction_note = rating, note
        conversation.satisfaction_at = rated_at or clock.now()
        conversation.save(update_fields=["satisfaction", "satisfaction_note", "satisfaction_at"])
        outgoing_events.happened(conversation, Kind.RATED, satisfaction=int(rating), note=note)
    logger.info("%s rated %s", conversation.reference, rating.label)
    over = conversation.ended_at is not None
    return Change(conversation, before, conversation.revision, handed=not over)
