"""Which replies the threshold's page looks at: the newest of the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from routing.models import RouteDecision

# So many at the most, that the slider stays quick however busy the site: a million entries have
# some 500,000 in 30 days, and 100,000 take twice as long as a page may on PostgreSQL.
MOST = 50_000


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
    """Two queries at the most."""
    begin = timezone.now() - timedelta(days=days)
    decided = RouteDecision.objects.filter(decided_at__gte=begin).order_by("-decided_at")
    total = decided.count()
    if total > MOST:
        begin = decided.values_list("decided_at", flat=True)[MOST - 1]
    return Window(days, begin, total)
