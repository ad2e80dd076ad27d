"""One open tab: takes what the customer sends, shows what happens in the conversation."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

import orjson
from autobahn.exception import Disconnected
from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, DataError

from chatsite.chat import change_announcements, displayed_messages
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import Ended, NotYours, Refused
from chatsite.chat.live import bus, database_polling, incoming_frames
from chatsite.chat.live.outgoing_frames import OVER, Begun, Changed, Delta, Frame, Present
from chatsite.chat.live.progress import Progress, Words
from chatsite.chat.live.send_buffer import Outgoing
from chatsite.chat.live.team_status import TeamStatus
from chatsite.chat.models import Message
from chatsite.chat.web import fragments, languages, rate_limits, visitor_network, visitors

logger = logging.getLogger(__name__)

# Close codes: after the first the page connects again by itself, after the others it does not.
# After EXPIRED, once it has a new token. Daphne sends no code below 3000 but 1000: it raises.
TRY_AGAIN, NOT_ALLOWED, GONE, EXPIRED = 4013, 4403, 4410, 4401
# Characters of one frame from a browser: a message of the greatest length in JSON escapes.
LONGEST_FRAME = 40_000
# Frames that wait while a tab is given what is stored.
MOST_HEARD = 5_000
# Tabs of one conversation on one process.
MOST_TABS = 20
# Frames of any kind a minute; a page acknowledges every 32 it gets, at most some 2 a second.
FRAMES_PER_MINUTE = 600
# Seconds until a tab that has lost characters looks again what is stored of them.
LOOKS_AGAIN_AFTER = 0.3


class ConversationConsumer(AsyncWebsocketConsumer):
    joined = False
    pump: asyncio.Task[None] | None = None
    catching_up: asyncio.Task[None] | None = None
    synchronising: asyncio.Task[None] | None = None
    expiry: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Nobody opens so many sockets that the process has none left for others."""
        peer = (scope.get("client") or ("",))[0]
        said = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        self.network = visitor_network.key(peer, b",".join(said).decode("latin-1"))
        with rate_limits.sockets_per_address.held(self.network) as has_place:
            if not has_place:
                await send({"type": "websocket.close"})
                return
            try:
                await super().__call__(scope, receive, send)
            finally:
                # Not in `disconnect`, which an error skips: a tab that stays listed takes the place
                # of one that is open.
                self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without Channels' turn on the one thread for reads: a frame waits for nobody's read."""
        await getattr(self, get_handler_name(message))(message)

    def _leave(self) -> None:
        if self.joined:
            self.live.leave(self.public_id.hex, self)
            self.team.forget()
        for task in (self.pump, self.catching_up, self.synchronising, self.expiry):
            if task:
                task.cancel()

    async def connect(self) -> None:
        self.public_id: uuid.UUID = self.scope["url_route"]["kwargs"]["public_id"]
        self.proof = visitors.of_socket(self.scope)
        self.visitor = self.proof.visitor
        self.language = languages.of_socket(self.scope)
        self.live = bus.here()
        self.frames = rate_limits.Frames(FRAMES_PER_MINUTE)
        self.revision = -1
        self.progress = Progress()
        self.outgoing = Outgoing(lambda data: self.send(text_data=data), self._cut_off)
        self.wanted = 0
        self.team = TeamStatus(self._put_fragment)
        self.heard: list[Frame] = []
        if seen := await self._let_in():
            await self._join(seen)

    async def _let_in(self) -> displayed_messages.Seen | None:
        """The conversation, for who may see it; the others are told why not."""
        try:
            return await database_sync_to_async(displayed_messages.seen)(
                self.public_id, self.visitor
            )
        except NotYours:
            # Accepted first: the code of a refused handshake does not reach the page.
            await self.accept(self.proof.protocol)
            has_expired = bool(self.proof.protocol) and not self.visitor
            await self.close(EXPIRED if has_expired else NOT_ALLOWED)
        except Ended as error:
            await self.accept(self.proof.protocol)
            await self._say_it_is_over(error)
        except DatabaseError as error:
            # Not accepted, so the page tries again, and later and later.
            logger.warning("A tab could not be opened: %s", error)
            await self.close()
        return None

    async def _join(self, seen: displayed_messages.Seen) -> None:
        """Hear of everything from now on, and of what was missed."""
        await self.accept(self.proof.protocol)
        if self.proof.until is not None:
            left = self.proof.until - time.time()
            self.expiry = asyncio.get_running_loop().call_later(left, self._give_up, EXPIRED)
        self.joined = True
        if self.live.join(self.public_id.hex, self) > MOST_TABS:
            await self.close(TRY_AGAIN)
            return
        database_polling.start()
        self.pump = asyncio.create_task(self.outgoing.pump())
        self.pump.add_done_callback(self._ended)
        known = self.scope["query_string"].rpartition(b"seen=")[2]
        open_reply = any(message.state in Message.OPEN for message in seen.messages)
        if known != b"%d" % seen.conversation.revision or open_reply:
            self.resynchronise()
            return
        self.revision = seen.conversation.revision
        self.catching_up = asyncio.create_task(self._catch_up())
        self.catching_up.add_done_callback(self._ended)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.pump is None:
            return  # Not let in; it was sent before the page could hear of that.
        if text_data is None or len(text_data) > LONGEST_FRAME:
            await self.close(NOT_ALLOWED)
            return
        client_id = ""
        try:
            self.frames.take()
            if not self.proof.holds:
                await self.close(EXPIRED)
                return
            said = orjson.loads(text_data)
            if "ack" in said:
                self.outgoing.acknowledge()
                return
            client_id = str(said.get("client_id", ""))
            tab = (self.public_id, self.visitor, self.network, self.language)
            change = await incoming_frames.carried_out(said, *tab)
        except Ended as error:
            await self._say_it_is_over(error, client_id)
        except Refused as error:
            self.outgoing.put(self._notice(error, client_id))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, DataError):
            # Nothing our page sends; the last two, a number that is in no database.
            await self.close(NOT_ALLOWED)
        except (DatabaseError, OSError):
            # Not stored, so not acknowledged: the page keeps the message and sends it again.
            logger.exception("A message was not stored")
            await self.close(TRY_AGAIN)
        else:
            self._tell(change)

    def _tell(self, change: Change) -> None:
        if change.is_none:
            # Said before: only this tab does not know that it was taken.
            self.outgoing.put(
                fragments.html(change_announcements.frame(change), language=self.language)
            )
        else:
            change_announcements.announce(change, self.live)

    def deliver(self, frame: Frame) -> None:
        if self.synchronising:
            self.heard.append(frame)
            if len(self.heard) > MOST_HEARD:
                self.synchronising.cancel()
                self._give_up()
        elif isinstance(frame, Changed):
            self._deliver_change(frame)
        elif isinstance(frame, Present):
            self.team.hear(frame)
        elif isinstance(frame, Delta | Begun):
            self._deliver_words(frame)

    async def _catch_up(self) -> None:
        """What was told between the page's reading and our joining; nothing sent waits for it."""
        reached = await database_sync_to_async(displayed_messages.revisions)([self.public_id.hex])
        self.expect(reached.get(self.public_id.hex, 0))

    async def _say_it_is_over(self, error: Ended, client_id: str = "") -> None:
        await self.send(text_data=self._notice(error, client_id))
        await self.close(GONE)

    def _notice(self, error: Refused, client_id: str) -> str:
        with fragments.in_language(self.language):
            return fragments.notice(error.words, client_id)

    def stand(self, place: int) -> None:
        if not self.synchronising:
            self.team.stand(place)

    def is_gone(self) -> None:
        """The database holds nothing of this conversation: any more, or yet."""
        if not self.synchronising and self.revision > 0:
            self.resynchronise()

    def expect(self, revision: int) -> None:
        if not self.synchronising and self.revision < revision:
            self.resynchronise()

    def resynchronise(self) -> None:
        """Show what the database holds; frames that come meanwhile wait."""
        self.wanted += 1
        if not self.synchronising:
            self.synchronising = asyncio.create_task(self._synchronise())
            self.synchronising.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A tab that nothing more can be sent to connects again: it would wait for ever."""
        error = None if task.cancelled() else task.exception()
        # It closed while something was on its way.
        if error and not isinstance(error, Disconnected):
            logger.error("A tab was not brought up to date", exc_info=error)
            self._give_up()

    def _deliver_change(self, frame: Changed) -> None:
        if frame.after <= self.revision:
            return
        is_over = any(kind == OVER for kind, _ in frame.pieces)
        if is_over or frame.before != self.revision:
            self.resynchronise()
            return
        self.revision = frame.after
        self.team.before(frame)
        self.outgoing.put(fragments.html(frame, self.progress.ended(frame), self.language))

    def _deliver_words(self, frame: Delta | Begun) -> None:
        match self.progress.take(frame):
            case Words.NEXT:
                self.outgoing.put(fragments.html(frame, language=self.language))
            case Words.LOST:
                self.resynchronise()

    async def _synchronise(self) -> None:
        read = database_sync_to_async(displayed_messages.seen)
        while True:
            wanted = self.wanted
            try:
                seen = await read(self.public_id, self.visitor)
            except Ended as error:
                await self._say_it_is_over(error)
                return
            except (DatabaseError, NotYours):
                self._give_up()
                return
            self.revision = seen.conversation.revision
            self.progress.stored(seen.messages)
            with fragments.in_language(self.language):
                html = fragments.log(seen)
            self.team.forget()
            self.outgoing.put_whole_log(html)
            if wanted == self.wanted and not self.progress.lacks(self.heard):
                break
            await asyncio.sleep(LOOKS_AGAIN_AFTER)
        heard, self.heard = self.heard, []
        self.synchronising = None
        for frame in heard:
            self.deliver(frame)

    def _give_up(self, code: int = TRY_AGAIN) -> None:
        """Close, so that the page connects again."""
        self.closing = asyncio.create_task(self.close(code))

    def _cut_off(self) -> None:
        logger.info("A reader of %s is too slow", self.public_id)
        self._give_up()

    def _put_fragment(self, fragment: Callable[[], str]) -> None:
        with fragments.in_language(self.language):
            self.outgoing.put(fragment())
