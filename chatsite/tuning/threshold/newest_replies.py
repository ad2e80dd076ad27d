"""Which replies the threshold's page looks at: the newest of the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Subquery
from django.utils import timezone

from routing.models import RouteDecision

# So many at the most, that the slider stays quick however busy the site: a million entries have
# some 500,000 in 30 days, and 50,000 take as long as a page may on PostgreSQL.
MOST = 30_000


@dataclass(frozen=True, slots=True)
class Window:
    """The replies decided since then, and how many there are in all these days."""

    days: int
    since: datetime
    total: int

    @property
    def is_cut(self) -> bool:
        return self.total > MOST


def of(days: int) -> Window:
    """One query."""
    begin = timezone.now() - timedelta(days=days)
    decided = RouteDecision.objects.filter(decided_at__gte=begin)
    cut = Subquery(decided.order_by("-decided_at").values("decided_at")[MOST - 1 : MOST])
    # The same of each row: what has to stand in an aggregate is not one.
    found = decided.aggregate(total=Count("id"), cut=Max(cut))
    return Window(days, found["cut"] or begin, found["total"])
