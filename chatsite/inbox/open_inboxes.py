"""All inboxes that are open in one process: one look at the database tells each what it shows now.

Each by itself read the queue anew with every change, and 20 of them took a web process's time.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from chatsite.chat.live import bus
from chatsite.chat.live.outgoing_frames import Changed, Frame, Noted, Present
from chatsite.chat.web import jinja_templates
from chatsite.inbox import queues
from chatsite.inbox.queues import Queue
from chatsite.runtime import repeat_forever
from chatsite.staff import accounts

# Seconds in which changes are gathered: one look for all of them.
GATHERED = 0.3


class Socket(Protocol):
    async def tell(self, news: dict[str, Any]) -> None: ...

    async def shut(self) -> None: ...


@dataclass(eq=False, slots=True)
class Inbox:
    """One open page.

    `password`: its hash, with which the session ends. `queue`: None where a search or a tag narrows
    it, which the page reads by itself.
    """

    socket: Socket
    person: int
    password: str
    session: str
    queue: Queue | None
    here: str = ""  # the conversation that is open in it
    present: dict[str, bool] = field(default_factory=dict)  # who else is there, and types
    shown: str = ""  # of the queue


class OpenInboxes:
    """Those of one event loop: heard together, told together."""

    def __init__(self) -> None:
        self._inboxes: set[Inbox] = set()
        self._changed: set[str] = set()
        self._reads_all: set[Inbox] = set()
        self._there_is_news = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    def join(self, inbox: Inbox) -> None:
        """What came between the page's reading and now is read at once."""
        self._inboxes.add(inbox)
        self._reads_all.add(inbox)
        self._there_is_news.set()
        if self._telling is None:
            bus.here().join_all(self)
            self._telling = asyncio.create_task(repeat_forever.repeat(self._tell))

    def leave(self, inbox: Inbox) -> None:
        self._inboxes.discard(inbox)
        self._reads_all.discard(inbox)
        if not self._inboxes and self._telling:
            bus.here().leave_all(self)
            self._telling.cancel()
            self._telling = None

    def deliver(self, frame: Frame) -> None:
        if isinstance(frame, Changed | Noted):
            self._changed.add(frame.conversation)
        elif isinstance(frame, Present):
            for inbox in self._inboxes:
                if inbox.here == frame.conversation and inbox.person != frame.person:
                    inbox.present[frame.name] = frame.is_typing
        self._there_is_news.set()

    def expect(self, revision: int) -> None:
        """Only listeners of one conversation are told of its revision."""

    def stand(self, place: int) -> None:
        """Or of its place in the queue."""

    def is_gone(self) -> None:
        """Or that it has been deleted."""

    def resynchronise(self) -> None:
        """Frames may have been lost: everything is read anew."""
        self._reads_all |= self._inboxes
        self._there_is_news.set()

    async def _tell(self) -> None:
        await self._there_is_news.wait()
        await asyncio.sleep(GATHERED)
        self._there_is_news.clear()
        changed, self._changed = self._changed, set()
        read_all, self._reads_all = self._reads_all, set()
        inboxes = tuple(self._inboxes)
        if not changed and not read_all:
            await _each(inbox.socket.tell(_present(inbox)) for inbox in inboxes if inbox.present)
            return
        try:
            queue_html = await database_sync_to_async(look)(inboxes)
        except Exception:
            self._reads_all |= self._inboxes
            self._there_is_news.set()
            raise
        told = []
        for inbox in inboxes:
            if inbox not in queue_html:
                told.append(inbox.socket.shut())
                continue
            news = _present(inbox)
            if inbox in read_all or inbox.here in changed:
                news["here"] = True
            if inbox.queue is None or queue_html[inbox] != inbox.shown:
                news["queue"] = inbox.shown = queue_html[inbox]
            if news:
                told.append(inbox.socket.tell(news))
        await _each(told)


def look(inboxes: Collection[Inbox]) -> dict[Inbox, str]:
    """The queue that each shows; blank where it reads that by itself.

    Those of accounts that may no longer read it are left out: signed out, with another password, or
    without the right.
    """
    now = timezone.now()
    people = User.objects.filter(pk__in={inbox.person for inbox in inboxes}, is_active=True)
    readers = {person.pk: person for person in accounts.with_right("view_conversation", people)}
    sessions = Session.objects.filter(
        session_key__in={inbox.session for inbox in inboxes}, expire_date__gt=now
    )
    signed_in = set(sessions.values_list("session_key", flat=True))
    may_read = [
        inbox
        for inbox in inboxes
        if inbox.session in signed_in
        and inbox.person in readers
        and readers[inbox.person].password == inbox.password
    ]
    by_handler = queues.by_handler(now)
    mentions = queues.mentions(readers, now)
    drawn: dict[tuple[Queue, int | None], str] = {}
    found = dict.fromkeys(may_read, "")
    for inbox in may_read:
        if inbox.queue is None:
            continue
        person = readers[inbox.person]
        whose = person.pk if inbox.queue in queues.OWN else None
        lines = drawn.get((inbox.queue, whose))
        if lines is None:
            lines = drawn[inbox.queue, whose] = queues.lines_html(inbox.queue, person, now)
        found[inbox] = jinja_templates.html(
            "inbox/queue.html",
            queues.tabs(inbox.queue, queues.counts(person, by_handler, mentions))
            | {"lines_html": lines},
        )
    return found


def _present(inbox: Inbox) -> dict[str, Any]:
    present, inbox.present = inbox.present, {}
    return {"present": present} if present else {}


async def _each(told: Iterable[Any]) -> None:
    """One that has just gone away keeps nobody from hearing."""
    await asyncio.gather(*told, return_exceptions=True)


_here: WeakKeyDictionary[asyncio.AbstractEventLoop, OpenInboxes] = WeakKeyDictionary()


def here() -> OpenInboxes:
    """Those of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _here:
        _here[loop] = OpenInboxes()
    return _here[loop]
