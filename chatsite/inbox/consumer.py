"""One open inbox: told what its queue shows, and of the conversation that is open in it."""

import asyncio
import uuid
from typing import Any

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import QueryDict

from chatsite.chat.live import bus
from chatsite.chat.live.outgoing_frames import Present
from chatsite.inbox import open_inboxes, queues
from chatsite.inbox.open_inboxes import Inbox
from chatsite.inbox.queues import Queue
from chatsite.staff import accounts

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
    inbox: Inbox | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Not in `disconnect`, which an error skips: a page that stays listed is told for ever.
            if self.inbox:
                open_inboxes.here().leave(self.inbox)

    async def connect(self) -> None:
        user = self.scope["user"]
        await self.accept()
        if user is None or not await database_sync_to_async(_may_listen)(user):
            await self.close(NOT_ALLOWED)
            return
        queue = QueryDict(self.scope["query_string"]).get("queue", "")
        self.name, self.silent_until = queues.name(user), 0.0
        self.inbox = Inbox(
            socket=self,
            person=user.pk,
            password=user.password,
            session=self.scope["session"].session_key or "",
            queue=Queue(queue) if queue in Queue.values else None,
        )
        open_inboxes.here().join(self.inbox)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page says what it shows, and whether something is being typed; forms do the rest."""
        if self.inbox is None:
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
        self.inbox.here, self.silent_until = conversation, now + APART
        bus.here().publish(Present(conversation, self.inbox.person, self.name, is_typing))

    async def tell(self, news: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(news).decode())

    async def shut(self) -> None:
        """Its account may no longer read this."""
        await self.close(NOT_ALLOWED)
