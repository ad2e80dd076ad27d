"""What all staff see alike and what seldom changes, such as their names: read once for all."""

import time
from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from typing import TypeVar, cast

# Seconds for which it is believed; a web process reads it as seldom.
FOR = 5.0
T = TypeVar("T")
_found: dict[str, tuple[float, object]] = {}
_reading: defaultdict[str, Lock] = defaultdict(Lock)


def once(what: str, read: Callable[[], T]) -> T:
    """As it was read less than FOR seconds ago; who comes meanwhile waits for it."""
    with _reading[what]:
        begun = time.monotonic()
        at, found = _found.get(what, (-FOR, None))
        if begun >= at + FOR:
            found = read()
            _found[what] = begun, found
    return cast(T, found)
