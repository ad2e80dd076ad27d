"""The database's clock, which decides for all processes: a machine's own may be off by an hour.

Asked twice a minute, and counted on between by the monotonic clock, which nobody sets.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

# Seconds for which one answer is counted on: the database's own clock may be set, too.
ASKED_EVERY = 30.0

_lock = threading.Lock()
_known: tuple[float, datetime] | None = None  # monotonic seconds, and the time that it was then


def now() -> datetime:
    """Within a few milliseconds of the database's own. Raises DatabaseError."""
    global _known
    with _lock:
        if _known is None or time.monotonic() - _known[0] >= ASKED_EVERY:
            _known = (time.monotonic(), _asked())
        at, moment = _known
    return moment + timedelta(seconds=time.monotonic() - at)


def _asked() -> datetime:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')", [])
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
        cursor.execute("SELECT CLOCK_TIMESTAMP()")
        (moment,) = cursor.fetchone()
        assert isinstance(moment, datetime)
        return moment
