"""The cache that all processes share, in Redis; while Redis is away, each process's own."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)


class SharedCache(RedisCache):
    """What allauth asks of a cache: limits then hold for each process by itself, and people who
    have to sign in while Redis is away can.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("while-redis-is-away", params)

    def _either(self, shared: Callable[..., Any], own: Callable[..., Any], *args: Any) -> Any:
        try:
            return shared(*args)
        except RedisError as error:
            logger.warning("The cache is this process's own: %s", error)
            return own(*args)

    def add(self, key: Any, value: Any, timeout: Any = None, version: Any = None) -> Any:
        return self._either(super().add, self._own.add, key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._either(super().get, self._own.get, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = None, version: Any = None) -> Any:
        return self._either(super().set, self._own.set, key, value, timeout, version)

    def delete(self, key: Any, version: Any = None) -> Any:
        return self._either(super().delete, self._own.delete, key, version)
