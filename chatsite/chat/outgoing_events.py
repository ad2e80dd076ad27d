"""What programs are told of a conversation; recorded in the transaction in which it happens."""

from typing import Any

from django.conf import settings

from chatsite.chat.models import Conversation, Message
from chatsite.webhooks import outbox
from chatsite.webhooks.models import Kind

_SAID = {
    Message.Role.CUSTOMER: Kind.CUSTOMER,
    Message.Role.ASSISTANT: Kind.ASSISTANT,
    Message.Role.STAFF: Kind.STAFF,
}


def happened(conversation: Conversation, kind: Kind, identity: str = "", **more: Any) -> None:
    content = {
        "conversation": str(conversation.public_id),
        "url": f"{settings.SITE_URL}/inbox/{conversation.pk}/",
        **more,
    }
    outbox.record(kind, conversation.reference, content, identity)


def said(conversation: Conversation, message: Message) -> None:
    """By anybody, once it stands."""
    happened(
        conversation,
        _SAID[Message.Role(message.role)],
        message={
            "id": message.pk,
            "role": message.role,
            "text": message.text,
            **({"files": message.files} if message.files else {}),
        },
    )
