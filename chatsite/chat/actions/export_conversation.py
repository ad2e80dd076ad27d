"""What is stored of conversations, for the customer who asks for it."""

from collections.abc import Iterable
from typing import Any

from billing.models import LedgerEntry
from chatsite.chat.models import Conversation

# Of a message, what is the customer's or was said to them.
FIELDS = ("role", "state", "text", "created_at", "sources", "rating", "rating_note")


def conversations(found: Iterable[Conversation]) -> list[dict[str, Any]]:
    """Ready for JSON; amounts in nano-dollars."""
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
                {field: getattr(message, field) for field in FIELDS}
                for message in conversation.messages.order_by("position")
            ],
            "cost": list(
                LedgerEntry.objects.filter(conversation=conversation.reference)
                .order_by("id")
                .values("called_at", "purpose", "amount")
            ),
        }
        for conversation in found
    ]


def of_whose(conversation: Conversation) -> Iterable[Conversation]:
    """All that the visitor of this one holds."""
    return Conversation.objects.held_by(conversation.visitor).order_by("id")
