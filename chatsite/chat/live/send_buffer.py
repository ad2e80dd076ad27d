"""What waits to be sent to one tab. Pure but for the sending."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from itertools import groupby

from chatsite.markdown import BETWEEN, are_pieces

# Characters sent and not yet acknowledged. A reader who is slower is cut off and starts afresh.
MOST_UNREAD = 1_000_000


class Outgoing:
    def __init__(
        self, send: Callable[[str], Awaitable[None]], too_slow: Callable[[], None]
    ) -> None:
        self._send, self._too_slow = send, too_slow
        self._waiting: list[str] = []
        self._there_is_something = asyncio.Event()
        self._unread = 0

    def put(self, html: str) -> None:
        if html:
            self._waiting.append(html)
            self._there_is_something.set()

    def put_whole_log(self, html: str) -> None:
        """However long: who reconnects must be able to get it."""
        self._unread -= len(html)
        self.put(html)

    def acknowledge(self) -> None:
        self._unread = 0

    async def pump(self) -> None:
        """Frames that wait go out as one: elements beside each other, or words of an answer."""
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await self._there_is_something.wait()
                self._there_is_something.clear()
                waiting, self._waiting = self._waiting, []
                for are_words, frames in groupby(waiting, are_pieces):
                    data = (BETWEEN if are_words else "").join(frames)
                    self._unread += len(data)
                    if self._unread > MOST_UNREAD:
                        self._too_slow()
                        return
                    await self._send(data)
