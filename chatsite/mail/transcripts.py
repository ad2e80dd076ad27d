"""The copy of a conversation by mail, to an address that is used for this mail alone."""

import logging
import uuid

from django.db import transaction

from billing import clock
from chatsite.chat.actions import leave_address
from chatsite.chat.errors import NothingSaid, NotYours
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import rate_limits
from chatsite.mail.models import Job, Transcript

logger = logging.getLogger(__name__)


def by_customer(
    public_id: uuid.UUID, visitor: str, network: str, address: str, language: str
) -> Transcript:
    """Owe it; while it waits, the same again is owed once.

    Raises NoAddress, NotYours, NothingSaid, TooManyMails.
    """
    address = leave_address.checked(address)
    held = Conversation.objects.held_by(visitor).filter(public_id=public_id, ended_at=None)
    if (conversation := held.first()) is None:
        raise NotYours
    # Without an answer, customers could mail their own text to anybody.
    answered = conversation.messages.filter(state=Message.State.COMPLETE)
    if not answered.exclude(role=Message.Role.CUSTOMER).exists():
        raise NothingSaid
    rate_limits.mailing(visitor, network, address)
    with transaction.atomic():
        held.select_for_update().first()
        owed, made = Transcript.objects.get_or_create(
            conversation=conversation,
            address=address,
            state=Job.State.DUE,
            defaults={"language": language, "due_at": clock.now()},
        )
    if made:
        logger.info("%s of %s is owed", owed, conversation.reference)
    return owed
