"""Whether the site can serve: its database, Redis, and a worker that has just completed a task."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from redis import Redis, RedisError

CANARY = "chatsite:canary"
# Seconds for which a completed task says that a worker is there. The beat sends one every 10.
ALIVE_FOR = 30


@dataclass(frozen=True, slots=True)
class Readiness:
    database: bool
    redis: bool
    worker: bool

    @property
    def is_ready(self) -> bool:
        return self.database and self.redis and self.worker


def look() -> Readiness:
    database = _database_answers()
    try:
        worker = bool(_redis().exists(CANARY))
    except RedisError:
        return Readiness(database, redis=False, worker=False)
    return Readiness(database, redis=True, worker=worker)


def sing() -> None:
    """Sent by a worker: it takes tasks, its servers respond. Raises DatabaseError, RedisError."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    _redis().set(CANARY, 1, ex=ALIVE_FOR)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
