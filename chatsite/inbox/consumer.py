"""One open inbox: told which conversations have changed, so that it reads them anew.

And who else looks at the one that is open in it.
"""

import asyncio
import contextlib
import uuid
from typing import Any

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from chatsite.chat.live import bus
from chatsite.chat.live.frames import Changed, Frame, Present
from chatsite.inbox import queues
from chatsite.staff import accounts

# Seconds in which changes are gathered: one look at the queue for all of them. No shorter than what
# was read for one inbox is shared with others.
GATHERED = queues.SHARED
# Seconds between two looks at the queue for what changes in conversations that nobody has open: of
# 20 inboxes and 20 changes a second, each would read it four times a second.
LOOKED_EVERY = 1.0
NOT_ALLOWED = 4403
# Seconds between two words of a page on who looks; it says so every 5 s, and when typing begins.
APART = 0.2


def _may_listen(user: Any) -> bool:
    """Whoever may open the page."""
    return (
        user.is_active
        and user.is_staff
        and user.has_perm("chat.view_conversation")
        and not accounts.has_first_password(user)
        and not accounts.lacks_second_factor(user)
    )


class InboxConsumer(AsyncWebsocketConsumer):
    pump: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Not in `disconnect`, which an error skips: a page that stays listed is told for ever.
            bus.here().leave_all(self)
            if self.pump:
                self.pump.cancel()

    async def connect(self) -> None:
        user = self.scope["user"]
        await self.accept()
        if user is None or not await database_sync_to_async(_may_listen)(user):
            await self.close(NOT_ALLOWED)
            return
        self.person, self.name = user.pk, queues.name(user)
        self.here, self.silent_until = "", 0.0
        self.changed: set[str] = set()
        self.present: dict[str, bool] = {}
        self.there_is_news = asyncio.Event()
        bus.here().join_all(self)
        # What came between the page's reading and now.
        self._tell("*")
        self.pump = asyncio.create_task(self._send_news())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page says what it shows, and whether something is being typed; forms do the rest."""
        if self.pump is None:
            return  # Not let in; it was sent before the page could hear of that.
        try:
            said = orjson.loads(text_data or "")
            conversation, is_typing = uuid.UUID(said["here"]).hex, said["typing"] is True
        except (KeyError, TypeError, ValueError, AttributeError):
            await self.close(NOT_ALLOWED)
            return
        now = asyncio.get_running_loop().time()
        if now < self.silent_until:
            return
        self.here, self.silent_until = conversation, now + APART
        bus.here().publish(Present(conversation, self.person, self.name, is_typing))

    def deliver(self, frame: Frame) -> None:
        if isinstance(frame, Changed):
            self._tell(frame.conversation)
        elif (
            isinstance(frame, Present)
            and frame.conversation == self.here
            and frame.person != self.person
        ):
            self.present[frame.name] = frame.is_typing
            self.there_is_news.set()

    def expect(self, revision: int) -> None:
        """Only listeners of one conversation are told of its revision."""

    def stand(self, place: int) -> None:
        """Or of its place in the queue."""

    def is_gone(self) -> None:
        """Or that it has been deleted."""

    def resynchronise(self) -> None:
        """Frames may have been lost: everything is read anew."""
        self._tell("*")

    def _tell(self, conversation: str) -> None:
        self.changed.add(conversation)
        self.there_is_news.set()

    async def _send_news(self) -> None:
        loop, told_at = asyncio.get_running_loop(), 0.0
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await self.there_is_news.wait()
                await asyncio.sleep(GATHERED)
                concerns_us = self.present or not self.changed.isdisjoint({self.here, "*"})
                if not concerns_us and loop.time() < told_at + LOOKED_EVERY:
                    continue
                self.there_is_news.clear()
                told_at = loop.time()
                changed, self.changed = sorted(self.changed), set()
                present, self.present = self.present, {}
                news = {"changed": changed, "present": present}
                await self.send(text_data=orjson.dumps(news).decode())
