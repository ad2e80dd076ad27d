"""One open inbox: told which conversations have changed, so that it reads them anew."""

import asyncio
import contextlib

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from chatsite.chat.live import bus
from chatsite.chat.live.frames import Changed, Frame

# Seconds in which changes are gathered: one look at the queue for all of them.
GATHERED = 0.25
NOT_ALLOWED = 4403


class InboxConsumer(AsyncWebsocketConsumer):
    pump: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        user = self.scope["user"]
        await self.accept()
        if user is None or not await database_sync_to_async(user.has_perm)(
            "chat.view_conversation"
        ):
            await self.close(NOT_ALLOWED)
            return
        self.changed: set[str] = set()
        self.there_is_news = asyncio.Event()
        bus.here().join_all(self)
        self.pump = asyncio.create_task(self._send_news())

    async def disconnect(self, code: int) -> None:
        bus.here().leave_all(self)
        if self.pump:
            self.pump.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page says nothing here; forms do."""

    def deliver(self, frame: Frame) -> None:
        if isinstance(frame, Changed):
            self._tell(frame.conversation)

    def expect(self, revision: int) -> None:
        """Only listeners of one conversation are told of its revision."""

    def is_gone(self) -> None:
        """Or that it has been deleted."""

    def resynchronise(self) -> None:
        """Frames may have been lost: everything is read anew."""
        self._tell("*")

    def _tell(self, conversation: str) -> None:
        self.changed.add(conversation)
        self.there_is_news.set()

    async def _send_news(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await self.there_is_news.wait()
                await asyncio.sleep(GATHERED)
                self.there_is_news.clear()
                changed, self.changed = sorted(self.changed), set()
                await self.send(text_data=orjson.dumps({"changed": changed}).decode())
