"""The customer ends a conversation: on this browser, and for good. Staff go on reading it."""

import logging
import uuid

from django.db import transaction

from billing import clock
from chatsite.chat import outgoing_events, staff_handling
from chatsite.chat.actions import end_reply
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation
from chatsite.webhooks.models import Kind

logger = logging.getLogger(__name__)


def by_customer(public_id: uuid.UUID, visitor: str) -> Change:
    """Cancel what is being written, and take nothing more. Ending twice is ending once.

    Raises NotYours.
    """
    with transaction.atomic():
        conversation = Conversation.objects.locked(public_id, visitor)
        before = conversation.revision
        if conversation.ended_at:
            return Change(conversation, before, before)
        end_reply.cancel(conversation)
        conversation.advance()
        conversation.ended_at, conversation.wants_person_since = clock.now(), None
        conversation.save(update_fields=["ended_at", "wants_person_since"])
        staff_handling.ended(conversation, staff_handling.End.LEFT)
        outgoing_events.happened(conversation, Kind.ENDED)
    logger.info("%s ended by its customer", conversation.reference)
    return Change(conversation, before, conversation.revision, over=True)
