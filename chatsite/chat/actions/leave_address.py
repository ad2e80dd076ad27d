"""The customer leaves an e-mail address for what people answer, or takes it back."""

import logging
import uuid

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from billing import clock
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import NoAddress
from chatsite.chat.models import Conversation

logger = logging.getLogger(__name__)

# Characters that a mail server takes, and a column has room for.
LONGEST = 254


def checked(address: str) -> str:
    """As it is stored. Raises NoAddress."""
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise NoAddress from error
    if len(address) > LONGEST:
        raise NoAddress
    return address


def by_customer(public_id: uuid.UUID, visitor: str, address: str, language: str = "") -> Change:
    """Keep the address for this conversation; blank takes it back. The same changes nothing.

    Raises NotYours, NoAddress.
    """
    address = checked(address) if address.strip() else ""
    with transaction.atomic():
        conversation = Conversation.objects.filter(ended_at=None).locked(public_id, visitor)
        before = conversation.revision
        if conversation.email == address:
            return Change(conversation, before, before, handed=True)
        conversation.advance()
        conversation.email, conversation.email_language = address, language if address else ""
        conversation.email_at = clock.now() if address else None
        conversation.save(update_fields=["email", "email_language", "email_at"])
    logger.info("%s %s", conversation.reference, "left an address" if address else "took it back")
    return Change(conversation, before, conversation.revision, handed=True)
