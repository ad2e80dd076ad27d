"""Tasks that the beat sends: each is carried out once in its time."""

from functools import cache
from typing import Any

from celery import Task
from django.conf import settings
from redis import Redis, RedisError

# The header that says in how many seconds a task is to be carried out once.
EVERY = "every"
# Of its time a scheduled task may be early by this share: the beat's ticks are not exact.
EARLY = 0.2


class Scheduled(Task):  # type: ignore[type-arg]  # not generic when it runs
    """What the beat sends is carried out once in its time, by Redis's clock.

    Two beats send it twice, and a queue that nobody took from overnight holds it a thousand times.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        every = (self.request.headers or {}).get(EVERY)
        if every and not self._is_first(every):
            return None
        return self.run(*args, **kwargs)

    def _is_first(self, every: float) -> bool:
        milliseconds = int(every * (1 - EARLY) * 1000)
        try:
            return bool(_redis().set(f"chatsite:sent:{self.name}", 1, nx=True, px=milliseconds))
        except RedisError:  # carried out twice does no harm
            return True


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5)
