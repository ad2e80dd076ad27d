"""A customer at the socket's door, a worker, and a provider that is told what to do."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import orjson
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.management import call_command
from django.test import AsyncClient

from billing.models import Budget
from chatsite.answering import tasks
from chatsite.answering.writer.answer_writing_loop import Writer
from chatsite.asgi import application
from chatsite.chat.models import Message
from chatsite.demo import sample_shop
from routing import policies
from routing.models import Policy
from tests.conftest import add_first_policy
from tests.page import Entry, Page
from tests.snapshot import Snapshot
from tests.upstream.server import Upstream


@pytest.fixture(scope="session")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(provider: Upstream, settings) -> Upstream:
    provider.reset()
    settings.OPENAI_BASE_URL = provider.url
    return provider


@pytest.fixture
def doubt_threshold() -> float:
    """Scripted answers stand, whatever the articles say, except in tests of the answer check."""
    return 1.0


# What `load_shop` made of an empty database, once it has.
loaded_shop: list[Snapshot] = []


@pytest.fixture
def shop(transactional_db, doubt_threshold, monkeypatch) -> None:
    """The sample shop with its articles, prices, budgets and first policy.

    Without its answer tests: they take half of the time, and would ask before anything is saved.
    """
    monkeypatch.setattr(sample_shop, "TESTS", {})
    if loaded_shop:
        loaded_shop[0].put_back()
    else:
        # As each other test finds it: without the rest of what migrations put into the tables.
        call_command("flush", interactive=False, verbosity=0)
        add_first_policy()
        call_command("load_shop", verbosity=0)
        loaded_shop.append(Snapshot.taken())
    Policy._base_manager.update(doubt_threshold=doubt_threshold)
    policies.read.cache_clear()  # which takes a version for what never changes


class Hints:
    """The queue, patched: hints gather until a worker is there to take them."""

    def __init__(self) -> None:
        self.reply_ids: list[int] = []
        self.taken_by: Callable[[int], None] | None = None

    def __call__(self, reply_id: int) -> None:
        if self.taken_by:
            self.taken_by(reply_id)
        else:
            self.reply_ids.append(reply_id)


@pytest.fixture
def hints(monkeypatch) -> Hints:
    hints = Hints()
    monkeypatch.setattr("chatsite.chat.live.wake_worker.wake_worker", hints)
    return hints


@pytest.fixture
async def start_worker(shop, upstream, hints) -> AsyncIterator[Callable[[], Writer]]:
    """Start a worker's loop within the test's own; it writes whatever is or was asked."""
    writers: list[Writer] = []

    def start() -> Writer:
        writer = Writer()
        writers.append(writer)
        hints.taken_by = writer.wake
        writer.wake(*hints.reply_ids)
        return writer

    yield start
    for writer in writers:
        await writer.stop(patience=0)


@pytest.fixture
async def worker(start_worker: Callable[[], Writer]) -> Writer:
    return start_worker()


@pytest.fixture(autouse=True)
def _unlimited(settings) -> None:
    settings.ASKS_PER_VISITOR = settings.ASKS_PER_ADDRESS = 100_000


class Tab:
    """One open tab of a visitor: the page it was given, kept up to date by its socket."""

    def __init__(self, client: AsyncClient, html: str) -> None:
        self.client = client
        self.page = Page(html)
        self.address = f"/c/{self.page.conversation}/"
        self.socket: WebsocketCommunicator | None = None

    async def connect(self, origin: str = "http://localhost") -> bool:
        cookies = "; ".join(
            f"{name}={morsel.value}" for name, morsel in self.client.cookies.items()
        )
        self.socket = WebsocketCommunicator(
            application,
            f"/ws{self.address}?seen={self.page.seen}",
            headers=[(b"origin", origin.encode()), (b"cookie", cookies.encode())],
        )
        connected, _ = await self.socket.connect(timeout=5)
        return connected

    async def disconnect(self) -> None:
        assert self.socket is not None
        await self.socket.disconnect()

    async def say(self, text: str, client_id: uuid.UUID | None = None) -> None:
        await self.send({"text": text, "client_id": str(client_id or uuid.uuid4())})

    async def send(self, fields: object) -> None:
        assert self.socket is not None
        await self.socket.send_to(text_data=orjson.dumps(fields).decode())

    async def sees(self, what: Callable[[Page], object], within: float = 10) -> Page:
        """Read frames until the page shows it."""
        assert self.socket is not None
        async with asyncio.timeout(within):
            while not what(self.page):
                frame = await self.socket.receive_from(timeout=within)
                assert isinstance(frame, str)
                self.page.apply(frame)
        return self.page

    @property
    def newest(self) -> Entry | None:
        return self.page.entries()[-1] if self.page.entries() else None

    async def newest_is(self, state: str) -> str:
        """The text of the newest message once it is in this state."""
        await self.sees(lambda page: self.newest and self.newest.state == state)
        assert self.newest is not None
        return self.newest.text

    async def answer(self, within: float = 10) -> Message:
        """The newest reply once this tab shows how it ended."""
        await self.sees(
            lambda page: (
                any(entry.role == "assistant" for entry in page.entries())
                and not any(entry.open for entry in page.entries())
            ),
            within,
        )
        replies = Message.objects.filter(
            conversation__public_id=self.page.conversation, role="assistant"
        )
        return await replies.alatest("position")


@pytest.fixture
async def open_tab(transactional_db) -> AsyncIterator[Callable[..., Awaitable[Tab]]]:
    """Open a tab as a new visitor, or beside the tab that is given."""
    tabs: list[Tab] = []

    async def open_tab(beside: Tab | None = None) -> Tab:
        client = beside.client if beside else AsyncClient(headers={"host": "localhost"})
        response = await client.get(beside.address if beside else "/")
        assert response.status_code == 200
        tab = Tab(client, response.content.decode())
        assert await tab.connect()
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        assert tab.socket is not None
        await tab.socket.disconnect()


@pytest.fixture
async def tab(open_tab: Callable[..., Awaitable[Tab]]) -> Tab:
    return await open_tab()


@pytest.fixture
def no_room(shop) -> None:
    """A site whose budgets are spent."""
    Budget.objects.update(limit=1)


sweep = database_sync_to_async(tasks.sweep)
