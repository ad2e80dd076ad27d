"""Turns at what only a few can do at once: whoever has had the fewest goes first."""

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


class FairTurns:
    """So many at once. A network that asks a hundred times delays each other one by a turn.

    First questions go before the second of networks that have asked already, until nobody waits.
    Who comes while there is a place is not asked for the network.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        # Turns of each network since nobody waited.
        self._had: Counter[str] = Counter()
        self._numbers = itertools.count()

    @asynccontextmanager
    async def turn(self, network: Callable[[], Awaitable[str]]) -> AsyncIterator[None]:
        if self._places:
            self._places -= 1
        else:
            await self._wait(await network())
        try:
            yield
        finally:
            self._next()

    async def _wait(self, network: str) -> None:
        if self._places:  # Somebody has left while the network was read.
            self._places -= 1
            return
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._had[network], next(self._numbers), place))
        self._had[network] += 1
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            _, _, place = heapq.heappop(self._waiting)
            with suppress(asyncio.InvalidStateError):
                place.set_result(None)
                return
        self._places += 1
        self._had.clear()
