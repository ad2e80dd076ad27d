"""A customer's browser in Python: cookies, forms, and tabs that behave as chat.js does."""

import asyncio
import contextlib
import random
import time
import uuid
from http import HTTPStatus

import aiohttp
import orjson
from yarl import URL

from tests.page import Entry, Page

# Seconds, all of them chat.js's own.
UNACKNOWLEDGED_FOR = 8.0
OPENS_WITHIN = 5.0
ACKNOWLEDGED_EVERY = 32  # frames
FALLS_BACK_EVERY = 4  # failures to connect
FINAL = {4403, 4410}  # close codes after which a page does not come back

UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError)


def session() -> aiohttp.ClientSession:
    """For any number of browsers: each brings its own cookies."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=30),
    )


class Browser:
    """One visitor. Every request raises one of UNREACHABLE where the site is away."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url
        self.cookies: dict[str, str] = {}

    @property
    def headers(self) -> dict[str, str]:
        pairs = [f"{name}={value}" for name, value in self.cookies.items()]
        return {"Origin": self.url} | ({"Cookie": "; ".join(pairs)} if pairs else {})

    async def get(self, path: str) -> str:
        async with self.session.get(self.url + path, headers=self.headers) as response:
            self._keep_cookies(response)
            response.raise_for_status()
            return await response.text()

    async def post(self, path: str, fields: dict[str, str], csrf: str) -> tuple[int, str]:
        """The status, and the page to which a browser is led."""
        async with self.session.post(
            self.url + path,
            headers=self.headers,
            data=fields | {"csrfmiddlewaretoken": csrf},
            allow_redirects=False,
        ) as response:
            self._keep_cookies(response)
            html = await response.text()
        if response.status == HTTPStatus.FOUND:
            html = await self.get(response.headers["Location"])
        return response.status, html

    async def new_conversation(self) -> "Tab":
        return Tab(self, await self.get("/new/"))

    async def tab(self, conversation: str) -> "Tab":
        """One more tab of a conversation; before its first message, of the same empty page."""
        return Tab(self, await self.get(f"/c/{conversation}/"))

    def _keep_cookies(self, response: aiohttp.ClientResponse) -> None:
        self.cookies |= {name: morsel.value for name, morsel in response.cookies.items()}


class Tab:
    """One open page. Times are of time.monotonic()."""

    def __init__(self, browser: Browser, html: str) -> None:
        self.browser = browser
        self.page = Page(html)
        self.conversation = self.page.conversation
        self.outbox: dict[str, str] = {}
        self.acknowledged: dict[str, float] = {}
        self.refused: dict[str, str] = {}
        self.connections = 0
        self.closed_for_good = False
        # What must never be seen, in words.
        self.wrong: list[str] = []
        self._complete: dict[int, str] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._life: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._frames = 0
        self._look()

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def open(self) -> None:
        assert self._life is None
        self._life = asyncio.create_task(self._live())

    async def close(self) -> None:
        """Leave; what is in the outbox stays there, as in the browser's storage."""
        if self._life is not None:
            self._life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._life
            self._life = None

    def cut(self) -> None:
        """The line breaks, and nobody says goodbye; the page tries again."""
        line = self._socket._conn if self._socket else None
        if line and line.transport:
            line.transport.abort()

    def say(self, text: str, client_id: str = "") -> str:
        """Put a message in the outbox and send it if there is a connection. Returns its id."""
        client_id = client_id or str(uuid.uuid4())
        self.outbox[client_id] = text
        if self._socket is not None:
            self._send(client_id)
        return client_id

    def retry(self, reply: int) -> None:
        """Press the button of a failed answer; as good as not pressed without a connection."""
        if self._socket is not None:
            _kept(asyncio.create_task(self._sent(self._socket, orjson.dumps({"retry": reply}))))

    async def say_by_form(self, text: str, client_id: str = "") -> str:
        """As a browser without scripts. Acknowledged when it is led to the conversation."""
        client_id = client_id or str(uuid.uuid4())
        self.outbox[client_id] = text
        await self._post(client_id)
        return client_id

    async def news(self, within: float) -> bool:
        """Wait until something is shown that was not before; whether it was in time."""
        self._news.clear()
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def entries(self) -> list[Entry]:
        return self.page.entries()

    async def _live(self) -> None:
        failures = 0
        while True:
            code = 1006
            try:
                code = await self._connected()
                failures = 0
            except UNREACHABLE:
                failures += 1
            finally:
                self._socket = None
            if code in FINAL:
                self.closed_for_good = True
                return
            if failures and failures % FALLS_BACK_EVERY == 0:
                await self._by_http()
            delay = min(0.3 * 1.6**failures, 1.2) if code != 1000 else 1.0
            await asyncio.sleep(delay * random.uniform(0.75, 1.25))

    async def _connected(self) -> int:
        """Take part until the connection ends; its close code."""
        address = URL(f"{self.browser.url}/ws/c/{self.conversation}/?seen={self.page.seen}")
        async with asyncio.timeout(OPENS_WITHIN):
            socket = await self.browser.session.ws_connect(
                address, headers=self.browser.headers, max_msg_size=0
            )
        async with socket:
            self._socket, self._frames = socket, 0
            self.connections += 1
            for client_id in list(self.outbox):
                self._send(client_id)
            async for message in socket:
                if message.type != aiohttp.WSMsgType.TEXT:
                    break
                self._frames += 1
                if self._frames % ACKNOWLEDGED_EVERY == 0:
                    await socket.send_str(f'{{"ack":{self._frames}}}')
                self._show(message.data)
        return socket.close_code or 1006

    def _send(self, client_id: str) -> None:
        socket = self._socket
        assert socket is not None
        text = orjson.dumps({"text": self.outbox[client_id], "client_id": client_id})

        async def send() -> None:
            await self._sent(socket, text)
            # A connection that died in its sleep stays open for minutes.
            await asyncio.sleep(UNACKNOWLEDGED_FOR)
            if client_id in self.outbox and socket is self._socket:
                await socket.close()

        _kept(asyncio.create_task(send()))

    @staticmethod
    async def _sent(socket: aiohttp.ClientWebSocketResponse, text: bytes) -> None:
        with contextlib.suppress(*UNREACHABLE):
            await socket.send_str(text.decode())

    async def _by_http(self) -> None:
        """Where no socket gets through."""
        with contextlib.suppress(*UNREACHABLE):
            if self.outbox:
                await self._post(next(iter(self.outbox)))
            else:
                self.page.replace_log(await self.browser.get(f"/c/{self.conversation}/"))
                self._look()

    async def _post(self, client_id: str) -> None:
        fields = {"text": self.outbox[client_id], "client_id": client_id}
        path = f"/c/{self.conversation}/ask/"
        status, html = await self.browser.post(path, fields, self.page.csrf)
        if status == HTTPStatus.FOUND:
            self._acknowledge(client_id)
            self.page.replace_log(html)
            self._look()
        elif status < HTTPStatus.INTERNAL_SERVER_ERROR and client_id in self.outbox:
            del self.outbox[client_id]
            self.refused[client_id] = f"HTTP {status}"

    def _show(self, html: str) -> None:
        self.page.apply(html)
        if "<article" in html or "data-notice" in html:
            self._look()
        self._news.set()

    def _look(self) -> None:
        """Settle the outbox as chat.js does, and notice what must not be."""
        entries = self.page.entries()
        for entry in entries:
            if entry.client_id:
                self._acknowledge(entry.client_id)
            if entry.role == "assistant" and entry.state == "complete":
                before = self._complete.setdefault(entry.id, entry.text)
                if before != entry.text:
                    self.wrong.append(f"answer {entry.id} was replaced by another")
        client_id, words = self.page.refused
        if client_id in self.outbox:
            self.refused[client_id] = words
            del self.outbox[client_id]
        if sum(entry.open for entry in entries) > 1:
            self.wrong.append("two answers in progress at once")
        if len({entry.id for entry in entries}) < len(entries):
            self.wrong.append("a message is shown twice")
        said = [entry.client_id for entry in entries if entry.client_id]
        if len(set(said)) < len(said):
            self.wrong.append("a client id is shown twice")

    def _acknowledge(self, client_id: str) -> None:
        self.acknowledged.setdefault(client_id, time.monotonic())
        self.outbox.pop(client_id, None)


_tasks: set[asyncio.Task[None]] = set()


def _kept(task: asyncio.Task[None]) -> None:
    """The event loop alone would let it be collected."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
