"""Turns at what only a few can do at once, shared equally among the networks that wait."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


class FairTurns:
    """So many at once. A network that has a hundred waiting delays each other one by a turn.

    Who comes while there is a place is not asked for the network.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        # The round that was served last, and for each network the last it has a place in.
        self._round = 0
        self._last: dict[str, int] = {}
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
        mine = max(self._round, self._last.get(network, 0)) + 1
        self._last[network] = mine
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (mine, next(self._numbers), place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._next()
            raise

    def _next(self) -> None:
        while self._waiting:
            self._round, _, place = heapq.heappop(self._waiting)
            with suppress(asyncio.InvalidStateError):
                place.set_result(None)
                return
        self._places += 1
        self._last.clear()
