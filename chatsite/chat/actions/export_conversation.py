"""What is stored of conversations, for the customer who asks for it."""

import base64
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from billing.models import LedgerEntry
from chatsite.chat.models import Attachment, Conversation, Message

# Of a message, what is the customer's or was said to them.
FIELDS = ("role", "state", "text", "created_at", "sources", "rating", "rating_note")


def conversations(found: Iterable[Conversation]) -> list[dict[str, Any]]:
    """Ready for JSON; amounts in nano-dollars, files in base64."""
    return [
        {
            "conversation": str(conversation.public_id),
            "started": conversation.created_at,
            "ended": conversation.ended_at,
            "email": conversation.email,
            "email_at": conversation.email_at,
            "satisfaction": conversation.satisfaction,
            "satisfaction_note": conversation.satisfaction_note,
            "satisfaction_at": conversation.satisfaction_at,
            "messages": [
                {
                    **{field: getattr(message, field) for field in FIELDS},
                    "attachments": [_file(each) for each in message.attachments.all()],
                }
                for message in _messages(conversation)
            ],
            "cost": list(
                LedgerEntry.objects.filter(conversation=conversation.reference)
                .order_by("id")
                .values("called_at", "purpose", "amount")
            ),
        }
        for conversation in found
    ]


def _messages(conversation: Conversation) -> Iterable[Message]:
    return conversation.messages.order_by("position").prefetch_related("attachments")


def _file(attachment: Attachment) -> dict[str, str | None]:
    """Its `content` is null where the file has been lost."""
    content = attachment.content()
    return {
        "name": attachment.name,
        "type": attachment.content_type,
        "content": None if content is None else base64.b64encode(content).decode(),
    }


def of_whose(conversation: Conversation) -> QuerySet[Conversation]:
    """All that the visitor of this one holds."""
    return Conversation.objects.held_by(conversation.visitor).order_by("id")
