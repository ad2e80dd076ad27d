"""When the team is away, in words for customers."""

from datetime import datetime, timedelta
from functools import lru_cache

from django.utils import formats, timezone

from chatsite.business_hours.models import calendar

# Between two looks at the tables; every message renders this.
READ_EVERY = timedelta(seconds=30)


def until() -> str:
    """“Monday 09:00”, or with a date beyond a week; blank while the team is there or not known."""
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
    if opens is None:
        return ""
    far = opens - now > timedelta(days=6)
    return formats.date_format(opens, "j F, H:i" if far else "l H:i")
