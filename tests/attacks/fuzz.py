"""Frames and posts that no page sends, at the running product: nothing may fail, fall or grow.

    python -m tests.attacks.fuzz [--frames 100000] [--posts 20000] [--database postgresql]

Frames go to the sockets of conversations and of the inbox, and bytes that are no frames; posts, to
every address that takes them, as anybody: with cookies of customers, sessions of each role, tokens
of programs. Fails for an answer of 500 or above, a traceback in a log, a process that ends, or a
web process that has grown by more than 40 MB between the first fifth and the end.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import re
import sys
import time
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import django

from tests.attacks import garbage
from tests.load.accounts import Accounts
from tests.stack import Stack, usage
from tests.tables import show
from tests.visitor import UNREACHABLE, Browser, session

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

# Models can be imported from here on.
from tests import access  # noqa: E402

AT_ONCE = 24
# A socket takes 600 frames a minute.
FRAMES_PER_SOCKET = 400
# Seconds for one answer, and for all that is sent in one conversation.
PATIENCE, CONVERSATION = 60.0, 600.0
CSRF = "t" * 32
QUESTION = "Where is my parcel?"
STAMP = re.compile(r"^\S+ \S+ ")
IS_OF_TRACEBACK = re.compile(r"(?!\d{4}-\d\d-\d\d )").match
MOST_GROWN = 40_000_000  # bytes
# Ends the session that it is sent with, or costs a password's hash.
LEFT_OUT = ("logout", "password", "sessions", "2fa", "user/")
# A program that asks for models and articles from elsewhere.
SLOW = ("first-steps/provider", "article/import")
WIDGET = """
from chatsite.widget.models import Widget
print("WIDGET", Widget.objects.create(name="Fuzz", origins="https://shop.example").key)
"""


@dataclass
class Fuzz:
    stack: Stack
    client: aiohttp.ClientSession
    chance: random.Random
    frames_left: int
    posts_left: int
    accounts: Accounts = field(init=False)
    widget: str = ""
    statuses: Counter[int] = field(default_factory=Counter)
    closed: Counter[int] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)

    def prepare(self) -> None:
        self.accounts = Accounts.of(self.stack)
        printed = self.stack.manage("shell", "--verbosity", "0", "-c", WIDGET)
        self.widget = printed.split("WIDGET ")[1].split()[0]

    async def run(self) -> None:
        await self._load_everything()
        total = self.frames_left + self.posts_left
        watching = asyncio.create_task(self._watch(total))
        kinds: list[Callable[[], Awaitable[None]]] = [self.frames] * 5
        kinds += [self.inbox_frames, self.wire]
        workers = [self._work(kinds[number % len(kinds)]) for number in range(AT_ONCE // 2)]
        workers += [self._post_all() for _ in range(AT_ONCE // 2)]
        await asyncio.gather(*workers)
        watching.cancel()
        self._look(total)

    async def _load_everything(self) -> None:
        """Each address once, as its owner: what a page loads when it is first opened stays."""
        headers = {"Origin": self.stack.url, "X-CSRFToken": CSRF}
        headers["Cookie"] = f"csrftoken={CSRF}; {self._session('owner')}"
        for route, method in itertools.product(self._routes(), ("GET", "POST")):
            url = self.stack.url + access.address(route, {"key": self.widget})
            fields = {"text": QUESTION, "question": QUESTION} if method == "POST" else None
            async with self.client.request(
                method, url, data=fields, headers=headers, allow_redirects=False
            ) as response:
                await response.read()

    async def _work(self, kind: Callable[[], Awaitable[None]]) -> None:
        while self.frames_left > 0:
            try:
                async with asyncio.timeout(CONVERSATION):
                    await kind()
            except TimeoutError:
                self.failed.append(f"{kind.__name__}: no end in {CONVERSATION:.0f} s")
            except UNREACHABLE as error:
                self.sent[f"broken off: {type(error).__name__}"] += 1

    async def frames(self) -> None:
        """One conversation until its socket is closed."""
        browser = Browser(self.client, self.stack.url)
        tab = await browser.new_conversation()
        if self.chance.random() < 0.3:
            fields = {"text": QUESTION, "client_id": str(uuid.uuid4())}
            await browser.post(f"/c/{tab.conversation}/ask/", fields, tab.page.csrf)
        replies = self.sent["conversations' frames"] // 100 + 1
        address = f"{self.stack.url}/ws/c/{tab.conversation}/?seen=0"
        while self.frames_left > 0 and self.chance.random() > 0.02:
            async with self.client.ws_connect(address, headers=browser.headers) as socket:
                await self._send(
                    socket, "conversations' frames", lambda: garbage.frame(self.chance, replies)
                )

    async def inbox_frames(self) -> None:
        headers = {
            "Origin": self.stack.url,
            "Cookie": self._session(self.chance.choice(["staff", "owner"])),
        }
        address = f"{self.stack.url}/ws/inbox/"
        async with self.client.ws_connect(address, headers=headers) as socket:
            await self._send(socket, "inbox's frames", lambda: garbage.inbox_frame(self.chance))

    def _session(self, name: str) -> str:
        return "; ".join(f"{key}={value}" for key, value in self.accounts.cookies(name).items())

    async def _send(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        kind: str,
        made: Callable[[], str | bytes],
    ) -> None:
        reading = asyncio.create_task(self._read(socket))
        for _ in range(FRAMES_PER_SOCKET):
            if socket.closed or self.frames_left <= 0:
                break
            data = made()
            self.frames_left -= 1
            self.sent[kind] += 1
            with contextlib.suppress(*UNREACHABLE):
                await (
                    socket.send_bytes(data) if isinstance(data, bytes) else socket.send_str(data)
                )
            # So that a frame that closes it is seen before the next is sent.
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.02)
        await socket.close()
        await reading

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        with contextlib.suppress(*UNREACHABLE):
            async for _ in socket:
                pass
        code = socket.close_code or 1006
        self.closed[code] += 1
        if code == 1011:
            self.failed.append("a socket was closed with 1011, an error of the server's")

    async def wire(self) -> None:
        """Bytes behind a handshake that are no frames."""
        browser = Browser(self.client, self.stack.url)
        tab = await browser.new_conversation()
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.stack.port)
            lines = [
                f"GET /ws/c/{tab.conversation}/ HTTP/1.1",
                f"Host: 127.0.0.1:{self.stack.port}",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                f"Sec-WebSocket-Key: {b64encode(self.chance.randbytes(16)).decode()}",
                *(f"{name}: {value}" for name, value in browser.headers.items()),
            ]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            await reader.readuntil(b"\r\n\r\n")
            with contextlib.suppress(*UNREACHABLE):
                for _ in range(10):
                    writer.write(garbage.wire(self.chance))
                    self.frames_left -= 1
                    self.sent["bytes that are no frames"] += 1
                    await writer.drain()
                async with asyncio.timeout(0.2):
                    await reader.read(100_000)
            writer.close()

    def _routes(self) -> list[str]:
        left_out = (*LEFT_OUT, *SLOW)
        return [r for r in access.routes() if not any(word in r for word in left_out)]

    async def _post_all(self) -> None:
        routes = self._routes()
        # What the internet reaches, as often as all of the admin.
        outside = [route for route in routes if not route.startswith(("admin/", "inbox/"))]
        while self.posts_left > 0:
            self.posts_left -= 1
            route = self.chance.choice(outside if self.chance.random() < 0.6 else routes)
            await self._post(route)

    async def _post(self, route: str) -> None:
        values = dict.fromkeys(("conversation_id", "reply_id", "pk", "object_id", "article_id"))
        filled = {name: str(self.chance.choice([1, 2, 7, 10**20])) for name in values}
        public_id = str(uuid.UUID(int=self.chance.getrandbits(128)))
        filled |= {"public_id": public_id, "key": self.widget}
        filled |= {"accent": "aabbcc", "digest": "0" * 16, "app_label": "chat", "url": "x"}
        sent, kind = garbage.body(self.chance)
        headers = {"Origin": self.stack.url, "X-CSRFToken": CSRF}
        cookies = [f"csrftoken={CSRF}"]
        if self.chance.random() < 0.8:
            cookies.append(self._session(self.chance.choice(list(self.accounts.sessions))))
        if self.chance.random() < 0.3:
            cookies.append(f"visitor={self.chance.choice(garbage.STRINGS[:9]).strip()}")
        if route.startswith("api/") and self.chance.random() < 0.9:
            headers["Authorization"] = (
                f"Bearer {self.chance.choice(list(self.accounts.tokens.values()))}"
            )
        if kind:
            headers["Content-Type"] = kind
        cookie = "; ".join(cookies).replace("\0", "")
        headers["Cookie"] = cookie.encode("ascii", "ignore").decode()[:4000]
        path = access.address(route, filled)
        method = "PATCH" if route.startswith("api/") and self.chance.random() < 0.2 else "POST"
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self.client.request(
                    method, self.stack.url + path, data=sent, headers=headers, allow_redirects=False
                ) as response,
            ):
                await response.read()
                self.statuses[response.status] += 1
                if response.status >= 500 and route != "readyz":
                    said = f"{kind!r} {str(sent)[:300]}"
                    self.failed.append(f"{response.status}: {method} {path} {said}")
        except TimeoutError:
            self.failed.append(f"{method} {path}: nothing in {PATIENCE:.0f} s")
        except UNREACHABLE as error:
            self.failed.append(f"{method} {path}: {error!r}")

    async def _watch(self, total: int) -> None:
        while True:
            self._look(total)
            for process in self.stack.processes:
                if not process.running:
                    self.failed.append(f"{process.name} has ended")
                    process.start()
            await asyncio.sleep(2)

    def _look(self, total: int) -> None:
        done = 1 - (max(self.frames_left, 0) + max(self.posts_left, 0)) / total
        with contextlib.suppress(OSError):
            self.memory.append((done, usage(self.stack.web.pid).rss))

    def at(self, share: float) -> int:
        """Bytes of the web process once so much has been sent."""
        return next((rss for done, rss in self.memory if done >= share), self.memory[-1][1])


async def fuzzed(stack: Stack, frames: int, posts: int, seed: int) -> Fuzz:
    async with session() as client:
        fuzz = Fuzz(stack, client, random.Random(seed), frames, posts)
        await asyncio.to_thread(fuzz.prepare)
        await fuzz.run()
        # Whoever is honest is still answered.
        tab = await Browser(client, stack.url).new_conversation()
        tab.open()
        tab.say("What are your business hours?")
        until = time.monotonic() + 90
        while not any(entry.state == "complete" for entry in tab.entries()[1:]):
            if time.monotonic() > until:
                fuzz.failed.append("nobody is answered afterwards")
                break
            await tab.news(within=1)
        await tab.close()
    for process in stack.processes:
        lines = process.log.read_text(errors="replace").splitlines()
        for place, line in enumerate(lines):
            # Refusals have tracebacks of their own, at the level of a warning.
            if " ERROR " in line or " CRITICAL " in line:
                traceback = itertools.takewhile(IS_OF_TRACEBACK, lines[place + 1 :])
                said = "\n".join([line, *list(traceback)[-3:]])
                fuzz.failed.append(f"{process.name}: {re.sub(STAMP, '', said)[:600]}")
    return fuzz


def run(database: str, frames: int, posts: int, seed: int) -> bool:
    began = time.monotonic()
    environment = {"CALLS_PER_TOKEN": "1000000"}
    with Stack(database=database, environment=environment, upstream=["--tokens", "5"]) as stack:
        fuzz = asyncio.run(fuzzed(stack, frames, posts, seed))
    grown = fuzz.memory[-1][1] - fuzz.at(0.2)
    show(
        f"Frames and posts that no page sends, on {database}",
        [
            {"": kind, "count": count}
            for kind, count in [
                *fuzz.sent.items(),
                *((f"closed with {code}", count) for code, count in sorted(fuzz.closed.items())),
                ("posts", fuzz.statuses.total()),
                *((f"of {status}", count) for status, count in sorted(fuzz.statuses.items())),
                ("failed", len(fuzz.failed)),
                ("MB of the web process after a fifth", fuzz.at(0.2) / 1e6),
                ("after a quarter", fuzz.at(0.25) / 1e6),
                ("after a half", fuzz.at(0.5) / 1e6),
                ("after three quarters", fuzz.at(0.75) / 1e6),
                ("at the end", fuzz.memory[-1][1] / 1e6),
                ("seconds", time.monotonic() - began),
            ]
        ],
    )
    for what, count in Counter(fuzz.failed).most_common(20):
        sys.stdout.write(f"\n{count} x {what}\n")
    return not fuzz.failed and grown < MOST_GROWN


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.attacks.fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    return int(not run(options.database, options.frames, options.posts, options.seed))


if __name__ == "__main__":
    sys.exit(main())
