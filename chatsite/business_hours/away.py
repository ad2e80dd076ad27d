"""When the team is back."""

from datetime import datetime, timedelta
from functools import lru_cache

from django.utils import timezone

from chatsite.business_hours.models import calendar

# Seconds between two reads of the tables; every message renders this.
READ_EVERY = timedelta(seconds=30)


def until() -> str:
    """When it is back, as an ISO moment in its own zone; blank while it is there or not known."""
    now = timezone.now()
    return _until(int(now.timestamp() // READ_EVERY.total_seconds()))


@lru_cache(maxsize=1)
def _until(_: int) -> str:
    return until_at(timezone.now())


def until_at(now: datetime) -> str:
    known = calendar(now)
    if known is None or known.open_since(now):
        return ""
    opens = known.opens_next(now)
    return opens.isoformat() if opens else ""
