"""Staff hand the conversation back to the assistant. A double click changes nothing."""

import logging

from django.db import transaction

from billing import clock
from chatsite.chat import outgoing_events, staff_handling
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation
from chatsite.webhooks.models import Kind

logger = logging.getLogger(__name__)


def to_assistant(conversation_id: int) -> Change:
    """The assistant answers again, from the customer's next message on.

    Not what the customer said before, which was said to a person. Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation_id)
        before = conversation.revision
        if conversation.handled_by_id is None:
            return Change(conversation, before, before)
        conversation.advance()
        conversation.handled_by = conversation.wants_person_since = None
        conversation.handed_back_at = clock.now()
        conversation.save(update_fields=["handled_by", "wants_person_since", "handed_back_at"])
        staff_handling.ended(conversation, staff_handling.End.HANDED_BACK)
        outgoing_events.happened(conversation, Kind.HANDED_BACK)
    logger.info("%s handed back", conversation.reference)
    return Change(conversation, before, conversation.revision, handed=True)
