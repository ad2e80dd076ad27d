"""How often a visitor or a network may do something, counted in Redis for all web processes.

While Redis is away, each process counts for itself: no limit ever stops a customer by failing.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
)
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from chatsite.chat.errors import TooFast, TooManyMails

logger = logging.getLogger(__name__)

# A minute: more ratings and wishes than anybody makes who reads first. Of a network, which may be a
# whole office, ten times as many.
CLICKS, CLICKS_OF_NETWORK = 30, 300
# A day: mails that a customer may have sent to an address, which may be a stranger's.
MAILS, MAILS_OF_NETWORK = 3, 20
# Seconds that a customer waits for Redis, and for which it is then not asked again.
PATIENCE, LEFT_ALONE = 0.25, 5.0


def asking(visitor: str, network: str) -> None:
    """Count a question, or one that is asked again. Raises TooFast."""
    _take("asks", visitor, settings.ASKS_PER_VISITOR)
    _take("asks of network", network, settings.ASKS_PER_ADDRESS)


def clicking(visitor: str, network: str) -> None:
    """Count a rating, a wish, or whatever else a customer does. Raises TooFast."""
    _take("clicks", visitor, CLICKS)
    _take("clicks of network", network, CLICKS_OF_NETWORK)


def opening(network: str) -> None:
    """Count a widget that is opened, or its new token. Raises TooFast."""
    _take("opened by network", network, CLICKS_OF_NETWORK)


def uploading(network: str) -> None:
    """Count a file; those of a visitor are counted by their rows. Raises TooFast."""
    most = RateLimitItemPerHour(settings.ATTACHMENTS_PER_ADDRESS)
    _take("uploads of network", network, most)


def mailing(visitor: str, network: str, address: str) -> None:
    """Count a mail that a customer has sent to an address. Raises TooManyMails."""
    name, _, domain = address.strip().lower().rpartition("@")
    # Whatever follows the plus, it is one mailbox; counted without the address being kept.
    mailbox = salted_hmac("chatsite.chat.mailing", f"{name.partition('+')[0]}@{domain}").hexdigest()
    try:
        _take("mails", visitor, RateLimitItemPerDay(MAILS))
        _take("mails to", mailbox, RateLimitItemPerDay(MAILS))
        _take("mails of network", network, RateLimitItemPerDay(MAILS_OF_NETWORK))
    except TooFast as error:
        raise TooManyMails from error


def calling(token: str) -> None:
    """Count a program's request. Raises TooFast."""
    _take("calls by token", token, settings.CALLS_PER_TOKEN)


class Frames:
    """What one socket may send: a full bucket holds a minute's worth."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left, self._since = float(per_minute), time.monotonic()

    def take(self) -> None:
        """Raises TooFast."""
        now = time.monotonic()
        more = (now - self._since) * self.per_minute / 60
        self._left, self._since = min(self.per_minute, self._left + more), now
        if self._left < 1:
            raise TooFast
        self._left -= 1


class Places:
    """How many of something a key holds at once, in this process, whose descriptors are counted."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken: Counter[str] = Counter()

    @contextmanager
    def held(self, key: str) -> Iterator[bool]:
        """Hold one more within; false, and none is held, where there is no place left."""
        if self.taken[key] >= self.most:
            yield False
            return
        self.taken[key] += 1
        try:
            yield True
        finally:
            self.taken[key] -= 1
            if not self.taken[key]:
                del self.taken[key]


sockets_per_address = Places(settings.SOCKETS_PER_ADDRESS)


def _take(what: str, key: str, most: int | RateLimitItem) -> None:
    """`most`: a minute, where it says no other time. Raises TooFast."""
    item = RateLimitItemPerMinute(most) if isinstance(most, int) else most
    if not _counter(settings.REDIS_URL).hit(item, what, key):
        raise TooFast


class _Counter:
    """Counts in Redis, and without it in memory."""

    def __init__(self, url: str) -> None:
        connections = ConnectionPool.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        self._shared = SlidingWindowCounterRateLimiter(
            RedisStorage(url, connections, wrap_exceptions=True, key_prefix="limits")
        )
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._left_alone_until = 0.0
        self._lock = threading.Lock()

    def hit(self, item: RateLimitItem, *key: str) -> bool:
        if time.monotonic() >= self._left_alone_until:
            try:
                return self._shared.hit(item, *key)
            except StorageError as error:
                with self._lock:
                    self._left_alone_until = time.monotonic() + LEFT_ALONE
                logger.warning("Limits are counted in this process: %s", error.storage_error)
        return self._own.hit(item, *key)


@lru_cache(maxsize=1)
def _counter(url: str) -> _Counter:
    return _Counter(url)
