"""A conversation as staff read it: its messages with their receipts."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing import money
from billing.models import ConversationCost
from chatsite.chat.admin import answer_receipts, conversation_rows
from chatsite.chat.admin.answer_receipts import Receipt
from chatsite.chat.admin.conversation_rows import Overview
from chatsite.chat.models import Conversation, Message

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


def described(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """With all that a transcript says above its messages."""
    theirs = ConversationCost.objects.filter(visitor=OuterRef("visitor")).order_by()
    of_visitor = theirs.values("visitor")
    return (
        conversation_rows.described(conversations)
        .select_related("handled_by")
        .annotate(
            charged=Coalesce(conversation_rows.amount(), 0),
            their_conversations=Coalesce(
                Subquery(of_visitor.annotate(n=Count("id")).values("n")), 0
            ),
            their_amount=Coalesce(Subquery(of_visitor.annotate(n=Sum("amount")).values("n")), 0),
        )
    )


def read(conversation: Conversation, before: int | None, *, costs: bool) -> Transcript:
    """The messages before this position, or the newest; six queries at the most.

    The conversation was `described`.
    """
    messages = conversation.messages.select_related("author", "canned").order_by("-position")
    if before is not None:
        messages = messages.filter(position__lt=before)
    found = list(messages[: MOST_MESSAGES + 1])
    earlier = found[MOST_MESSAGES - 1].position if len(found) > MOST_MESSAGES else None
    shown = found[:MOST_MESSAGES][::-1]
    receipt_of = answer_receipts.of(shown) if costs else {}
    said = vars(conversation)
    return Transcript(
        conversation=conversation,
        overview=conversation_rows.read(conversation, said["charged"]),
        entries=tuple(Entry(message, receipt_of.get(message.pk)) for message in shown),
        earlier=earlier,
        is_newest=before is None,
        visitor=Visitor(said["their_conversations"], said["their_amount"]) if costs else None,
    )
