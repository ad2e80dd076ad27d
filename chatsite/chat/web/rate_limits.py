"""How often a visitor or an address may ask, and how much it may hold: in this process's memory.

In memory because a limit that waits for another server is one more thing that can stop a
customer; with several web processes the limit is per process.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from chatsite.chat.errors import TooFast

# Buckets kept; the least recently used are forgotten, which only ever allows more.
MOST_KEYS = 20_000


class Limit:
    """Token buckets."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one request; a full bucket holds a minute's worth. Raises TooFast."""
        now = time.monotonic()
        left, since = self._buckets.pop(key, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - since) * self.per_minute / 60)
        self._buckets[key] = (max(left - 1, 0), now)
        if len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooFast


class Places:
    """How many of something a key holds at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken: Counter[str] = Counter()

    @contextmanager
    def held(self, key: str) -> Iterator[bool]:
        """Hold one more within; false, and none is held, where there is no place left."""
        if self._taken[key] >= self.most:
            yield False
            return
        self._taken[key] += 1
        try:
            yield True
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


# Ratings and wishes a minute: more than anybody who reads first.
CLICKS = 30

clicks_per_visitor = Limit(CLICKS)
asks_per_visitor = Limit(settings.ASKS_PER_VISITOR)
asks_per_address = Limit(settings.ASKS_PER_ADDRESS)
sockets_per_address = Places(settings.SOCKETS_PER_ADDRESS)
