"""The live channel: what open tabs are told while it happens. The database replaces all of it.

One Redis channel carries everything; each web process subscribes once and hands the frames to its
sockets. Channels' own layer sends each message by itself (django/channels_redis #83), and so does
its layer on pub/sub (#245).
"""

import asyncio
import logging
from collections import defaultdict
from functools import cache
from typing import Protocol
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings

from chatsite.chat.live.outgoing_frames import Changed, Frame, Noted, Present, packed, unpacked
from chatsite.runtime import repeat_forever

logger = logging.getLogger(__name__)

CHANNEL = "chatsite:live"
# Frames kept while Redis cannot be reached; beyond it the oldest go, and tabs resynchronise.
MOST_WAITING = 20_000


class Listener(Protocol):
    """A socket. No method may block."""

    def deliver(self, frame: Frame) -> None: ...

    def expect(self, revision: int) -> None: ...

    def stand(self, place: int) -> None: ...

    def is_gone(self) -> None: ...

    def resynchronise(self) -> None: ...


def tell(*frames: Frame) -> None:
    """Publish from synchronous code. What Redis loses, the sockets' own look finds within 5 s."""
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, packed(frames))
    except redis.RedisError as error:
        logger.warning("%d frames not published: %s", len(frames), error)


@cache
def _client(url: str) -> redis.Redis:
    """Of all threads: a connection for each frame took a tenth of a click in the inbox."""
    return redis.Redis.from_url(url, socket_connect_timeout=1)


class Live:
    """The frames of one event loop: its own are published, all are handed to its listeners."""

    def __init__(self) -> None:
        # socket_timeout=None: redis-py's default of 5 s ends an idle subscription.
        self._redis = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=2
        )
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._overall: set[Listener] = set()
        self._waiting: list[Frame] = []
        self._there_are_frames = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def publish(self, *frames: Frame) -> None:
        """Hand frames to the listeners here at once and to the other processes soon."""
        for frame in frames:
            self._hand_out(frame)
        self._waiting.extend(frames)
        del self._waiting[:-MOST_WAITING]
        self._there_are_frames.set()
        if not self._tasks:
            self._tasks.append(asyncio.create_task(repeat_forever.repeat(self._publish)))

    def join(self, conversation: str, listener: Listener) -> int:
        """Hear of a conversation from now on. Returns how many listeners it has."""
        self._listeners[conversation].add(listener)
        self._begin_to_listen()
        return len(self._listeners[conversation])

    def join_all(self, listener: Listener) -> None:
        """Hear of every conversation from now on."""
        self._overall.add(listener)
        self._begin_to_listen()

    def leave_all(self, listener: Listener) -> None:
        self._overall.discard(listener)

    def leave(self, conversation: str, listener: Listener) -> None:
        self._listeners[conversation].discard(listener)
        if not self._listeners[conversation]:
            del self._listeners[conversation]

    def conversations(self) -> list[str]:
        """Those that somebody here listens to."""
        return list(self._listeners)

    def expect(self, conversation: str, revision: int | None) -> None:
        """Listeners that have not come so far look for themselves; None: nothing is stored."""
        for listener in tuple(self._listeners.get(conversation, ())):
            if revision is None:
                listener.is_gone()
            else:
                listener.expect(revision)

    def place(self, conversation: str, place: int) -> None:
        """Its listeners wait for a person in this place, from 1; 0: in none."""
        for listener in tuple(self._listeners.get(conversation, ())):
            listener.stand(place)

    async def close(self) -> None:
        """Publish what waits, for at most a second, then let go of Redis."""
        for _ in range(100):
            if not self._waiting:
                break
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def _begin_to_listen(self) -> None:
        if len(self._tasks) < 2:
            self.publish()
            self._tasks.append(asyncio.create_task(repeat_forever.repeat(self._listen)))

    def _hand_out(self, frame: Frame) -> None:
        if self._overall and isinstance(frame, Changed | Present | Noted):
            for listener in tuple(self._overall):
                listener.deliver(frame)
        listeners = self._listeners.get(frame.conversation)
        if listeners:
            for listener in tuple(listeners):
                listener.deliver(frame)

    async def _publish(self) -> None:
        await self._there_are_frames.wait()
        self._there_are_frames.clear()
        # No timer: what gathers while a PUBLISH is under way goes out in the next.
        frames, self._waiting = self._waiting, []
        if not frames:
            return
        try:
            await self._redis.publish(CHANNEL, packed(frames))
        except (redis.RedisError, OSError) as error:
            logger.warning("Redis does not take frames: %s", error)
            self._waiting[:0] = frames
            self._there_are_frames.set()
            await asyncio.sleep(0.2)

    async def _listen(self) -> None:
        try:
            async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
                await subscription.subscribe(CHANNEL)
                # Whatever was published before now was not heard.
                for listeners in (self._overall, *self._listeners.values()):
                    for listener in tuple(listeners):
                        listener.resynchronise()
                async for message in subscription.listen():
                    for frame in unpacked(message["data"]):
                        self._hand_out(frame)
        except (redis.RedisError, OSError) as error:
            logger.warning("Redis is not heard: %s", error)
            await asyncio.sleep(0.2)


_lives: WeakKeyDictionary[asyncio.AbstractEventLoop, Live] = WeakKeyDictionary()


def here() -> Live:
    """The Live of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _lives:
        _lives[loop] = Live()
    return _lives[loop]
