"""The customer asks for a person, or cancels the request. A double click changes nothing."""

import logging
import uuid

from django.db import transaction

from billing import clock
from chatsite.business_hours import away
from chatsite.chat import outgoing_events, staff_handling
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation
from chatsite.webhooks.models import Kind

logger = logging.getLogger(__name__)


def request(public_id: uuid.UUID, visitor: str, wanted: bool) -> Change:
    """The customer asks for a person, or no longer does.

    The assistant goes on meanwhile: at night nobody may come, and silence helps less than it can.
    Raises NotYours.
    """
    with transaction.atomic():
        conversation = Conversation.objects.locked(public_id, visitor)
        before = conversation.revision
        is_wanted = conversation.wants_person_since is not None
        if wanted == is_wanted or conversation.handled_by_id is not None:
            return Change(conversation, before, before, handed=True)
        if wanted:
            conversation.reopen()
        conversation.advance()
        conversation.wants_person_since = clock.now() if wanted else None
        conversation.save(update_fields=["wants_person_since"])
        if wanted:
            staff_handling.asked(conversation)
        else:
            staff_handling.ended(conversation, staff_handling.End.CANCELLED)
            outgoing_events.happened(conversation, Kind.CANCELLED)
        conversation.away_until = away.until()
    logger.info("%s %s a person", conversation.reference, "wants" if wanted else "no longer wants")
    return Change(conversation, before, conversation.revision, handed=True)
