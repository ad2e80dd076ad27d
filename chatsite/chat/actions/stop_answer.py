"""The customer wants no more of an answer. A click that comes too late changes nothing."""

import logging
import uuid

from django.db import transaction

from chatsite.chat.actions import end_reply
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation

logger = logging.getLogger(__name__)


def reply(public_id: uuid.UUID, visitor: str, reply_id: int) -> Change:
    """End an open reply with the words it has; its worker closes the call. Raises NotYours."""
    with transaction.atomic():
        conversation = Conversation.objects.locked(public_id, visitor)
        answer = conversation.messages.open().filter(id=reply_id).select_for_update().first()
        if answer is None:
            return Change(conversation, conversation.revision, conversation.revision)
        change = end_reply.stop(conversation, answer)
    logger.info("%s stopped by the customer", answer.charge_reference)
    return change
