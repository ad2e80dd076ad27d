"""A conversation as staff read it: its messages with their receipts."""

from dataclasses import dataclass

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from billing import money
from billing.models import ConversationCost
from chatsite.chat import overviews, receipts
from chatsite.chat.models import Conversation, Message
from chatsite.chat.overviews import Overview
from chatsite.chat.receipts import Receipt

# On one page of it.
MOST_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class Entry:
    message: Message
    receipt: Receipt | None  # of replies, for readers who may see costs


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who holds the conversation: how many of theirs had calls, and what all of them cost."""

    conversations: int
    amount: int  # nano-dollars

    @property
    def cost(self) -> str:
        """Dollars, for people."""
        return money.shown(self.amount)


@dataclass(frozen=True, slots=True)
class Transcript:
    """One page of a conversation, oldest message first."""

    conversation: Conversation
    overview: Overview
    entries: tuple[Entry, ...]
    earlier: int | None  # the position before which there is more; None where there is not
    is_newest: bool
    visitor: Visitor | None  # for readers who may see costs

    @property
    def is_growing(self) -> bool:
        return any(entry.message.state in Message.OPEN for entry in self.entries)


def read(conversation: Conversation, before: int | None, *, costs: bool) -> Transcript:
    """The messages before this position, or the newest. Eleven queries at the most."""
    messages = conversation.messages.select_related("author").order_by("-position")
    if before is not None:
        messages = messages.filter(position__lt=before)
    found = list(messages[: MOST_MESSAGES + 1])
    earlier = found[MOST_MESSAGES - 1].position if len(found) > MOST_MESSAGES else None
    shown = found[:MOST_MESSAGES][::-1]
    receipt_of = receipts.of(shown) if costs else {}
    return Transcript(
        conversation=conversation,
        overview=overviews.of([conversation])[conversation.pk],
        entries=tuple(Entry(message, receipt_of.get(message.pk)) for message in shown),
        earlier=earlier,
        is_newest=before is None,
        visitor=_visitor(conversation) if costs else None,
    )


def _visitor(conversation: Conversation) -> Visitor:
    costs = ConversationCost.objects.filter(visitor=conversation.visitor)
    return Visitor(**costs.aggregate(conversations=Count("id"), amount=Coalesce(Sum("amount"), 0)))
