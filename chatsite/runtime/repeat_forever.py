"""Chores that have one task or thread in a process, and nobody to start another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

# Seconds before a chore that failed is tried again.
PAUSE = 0.5


async def repeat(chore: Callable[[], Awaitable[None]]) -> None:
    """Carry the chore out again and again, also after an error: out of file descriptors or memory,
    or a frame that nobody can read, the next time may go well.
    """
    while True:
        try:
            await chore()
        except Exception:
            logger.exception("%r failed and is tried again", chore)
            await asyncio.sleep(PAUSE)
