"""Staff hand the conversation back to the assistant. A double click changes nothing."""

import logging

from django.db import transaction

from chatsite.chat import pending_reply
from chatsite.chat.changes import Change
from chatsite.chat.models import Conversation, Message

logger = logging.getLogger(__name__)


def to_assistant(conversation_id: int) -> Change:
    """The assistant answers again, at once where the customer's last words are unanswered.

    Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation_id)
        before = conversation.revision
        if conversation.handled_by_id is None:
            return Change(conversation, before, before)
        position = conversation.advance(positions=2)
        conversation.handled_by = conversation.wants_person_since = None
        conversation.save(update_fields=["handled_by", "wants_person_since"])
        newest = conversation.messages.exclude(state=Message.State.CANCELLED)
        last = newest.order_by("-position").first()
        waits = last is not None and last.role == Message.Role.CUSTOMER
        reply = pending_reply.add(conversation, position) if waits else None
    logger.info("%s handed back", conversation.reference)
    return Change(
        conversation,
        before,
        conversation.revision,
        added=(reply,) if reply else (),
        reply_id=reply.pk if reply else None,
        handed=True,
    )
