"""Waiting for what other processes do, which tell a test nothing."""

import time
from collections.abc import Callable

# Seconds between two looks.
LOOKS_EVERY = 0.02


def until(holds: Callable[[], object], within: float, why: Callable[[], str] = str) -> None:
    """Return once it holds; `why` says what may have gone wrong where it does not in time."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"it did not happen in {within:g} s: {why()}"
        time.sleep(LOOKS_EVERY)
