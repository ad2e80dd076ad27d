"""What each visitor came to, over the conversations whose last call is in a span."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Sum

from billing.dashboard.date_ranges import Span
from billing.models import ConversationCost
from billing.money import shown

# The most visitors that are listed; a narrower list shows others.
MOST_LISTED = 1_000
# By what they are sorted, as the address says it; "-" before it: the most first.
SORTS = ("cost", "conversations", "charged", "active")


@dataclass(frozen=True, slots=True)
class Visitor:
    key: str  # a hash, which no cookie can be made of
    conversations: int
    calls: int
    amount: int  # nano-dollars
    active_at: datetime

    @property
    def cost(self) -> str:
        return shown(self.amount)

    @property
    def each(self) -> str:
        """What a conversation cost on average."""
        return shown(self.amount // self.conversations)


def listed(span: Span, sort: str, *, beginning: str = "", at_least: int = 0) -> list[Visitor]:
    """Whose keys begin like this and who cost so many nano-dollars; one query."""
    costs = ConversationCost.objects.filter(last_at__gte=span.start, last_at__lt=span.end)
    costs = costs.filter(visitor__startswith=beginning).exclude(visitor="")
    visitors = (
        costs.order_by()
        .values_list("visitor")
        .annotate(
            conversations=Count("id"),
            charged=Sum("calls"),
            cost=Sum("amount"),
            active=Max("last_at"),
        )
    )
    if at_least:
        visitors = visitors.filter(cost__gte=at_least)
    rows = visitors.order_by(sort, "visitor")[:MOST_LISTED]
    return [Visitor(key, count, int(calls), int(cost), at) for key, count, calls, cost, at in rows]
