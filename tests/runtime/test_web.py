"""A real web process under connections that behave badly, through real sockets."""

import asyncio
import json
import os
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.guards import guards
from tests.stack import Stack
from tests.visitor import Browser, session
from tests.waiting import until

# Of one conversation on one process, as the consumer has it.
MOST_TABS = 20
# Seconds, on a machine that has much else to do.
WITHIN = 120
NOBODYS = "7b1c3c2e-3d0a-4d0e-8e3e-0123456789ab"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    environment = {"CONNECTIONS_PER_ADDRESS": "120"}
    with Stack(environment=environment, upstream=["--tokens", "3"]) as stack:
        yield stack


async def test_a_conversation_with_too_many_tabs_is_open_again_once_they_are_gone(stack):
    async with session() as browsers:
        first = await Browser(browsers, stack.url).new_conversation()
        first.open()
        first.say("Hello?")
        while first.outbox:
            assert await first.news(within=WITHIN)
        many = [await first.browser.tab(first.conversation) for _ in range(MOST_TABS)]
        for tab in many:
            tab.open()
        # The one without a place tries again and again.
        await _until(lambda: sum(tab.connections for tab in many) > MOST_TABS + 3)
        for tab in [first, *many]:
            await tab.close()
            assert not tab.closed_for_good
        await _until(lambda: _open(stack) < MOST_TABS)

        late = await first.browser.tab(first.conversation)
        late.open()
        late.say("And now?")
        while late.outbox:
            assert await late.news(within=WITHIN)

        assert late.connections == 1
        await late.close()


@guards("chatsite/asgi.py", '    re_path("", WebsocketDenier.as_asgi()),', "")
@guards("chatsite/runtime/web.py", "all(each.isascii() for each in named)", "True")
@pytest.mark.parametrize(("path", "protocol"), [("/ws/c/x/", b"x"), ("/", b"x"), ("/", b"\xff")])
def test_a_websocket_that_no_page_opens_is_refused(stack, path, protocol):
    with socket.create_connection(("127.0.0.1", stack.port), timeout=WITHIN) as line:
        line.sendall(_opening(stack, path) + b"Sec-WebSocket-Protocol: " + protocol + b"\r\n\r\n")

        assert line.recv(100).split()[1] in {b"400", b"403"}


@guards("chatsite/inbox/consumer.py", "if self.inbox is None:", "if False:")
@pytest.mark.parametrize("path", [f"/ws/c/{NOBODYS}/", "/ws/inbox/"])
@pytest.mark.parametrize("said", [{"person": "1"}, {"here": NOBODYS, "typing": True}])
def test_what_a_stranger_sends_before_the_refusal_is_not_read(stack, path, said):
    text = json.dumps(said).encode()
    frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
    with socket.create_connection(("127.0.0.1", stack.port), timeout=WITHIN) as line:
        line.sendall(_opening(stack, path) + b"\r\n")
        answer = line.recv(100)
        line.sendall(frame)
        while struct.pack("!H", 4403) not in answer:
            more = line.recv(4096)
            assert more
            answer += more

    # Daphne looks once a second whether an application has failed.
    time.sleep(1.2)
    assert "Exception inside application" not in stack.web.said()


@guards("chatsite/runtime/web.py", 'removeHeader(b"daphne-root-path")', 'removeHeader(b"x")')
@pytest.mark.parametrize("root", [b"/elsewhere", b"\xff"])
def test_nobody_says_where_the_site_begins(stack, root):
    head = f"GET /new/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", stack.port), timeout=WITHIN) as line:
        line.sendall(head.encode() + b"Daphne-Root-Path: " + root + b"\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"/elsewhere" not in answer


def test_one_address_cannot_take_all_connections(stack):
    with ExitStack() as held:
        for _ in range(200):
            held.enter_context(socket.create_connection(("127.0.0.1", stack.port)))
        until(lambda: 100 < _open(stack) < 140, within=WITHIN)  # and those to Redis

    until(stack.web_answers, within=WITHIN)


@pytest.mark.parametrize("says_how_long", [True, False])
def test_a_body_without_end_fills_no_disk(stack, says_how_long):
    how = f"Content-Length: {10**12}" if says_how_long else "Transfer-Encoding: chunked"
    with socket.create_connection(("127.0.0.1", stack.port), timeout=WITHIN) as client:
        client.sendall(f"POST /files/ HTTP/1.1\r\nHost: localhost\r\n{how}\r\n\r\n".encode())
        with suppress(ConnectionError):
            for _ in range(80 if not says_how_long else 0):
                client.sendall(b"100000\r\n" + bytes(0x100000) + b"\r\n")
        with suppress(ConnectionError):
            assert client.recv(100).startswith(b"HTTP/1.1 413 ")

    until(stack.web_answers, within=WITHIN)
    assert _bytes_held(stack) < 100 * 1024**2


async def test_out_of_file_descriptors_no_thread_ends_that_nobody_starts_again(stack):
    async with session() as browsers:
        tab = await Browser(browsers, stack.url).new_conversation()
        tab.open()
        tab.say("Hello?")
        while tab.outbox:
            assert await tab.news(within=WITHIN)

        with _file_descriptors(stack.web.pid, 3):
            tab.say("And now?")
            if not stack.postgresql:  # whose connection is open already
                await _until(lambda: "grouped writes failed together" in stack.web.said())
                assert tab.outbox
            # Others come, whom it cannot let in.
            for _ in range(3):
                socket.create_connection(("127.0.0.1", stack.port)).close()

        while tab.outbox:
            assert await tab.news(within=WITHIN)
        await _until(stack.web_answers)
        await tab.close()


def _opening(stack: Stack, path: str) -> bytes:
    """The first lines of a websocket's request, as a script without cookies sends them."""
    fields = {
        "Host": f"127.0.0.1:{stack.port}",
        "Origin": stack.url,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), ""]
    return "\r\n".join(lines).encode()


def _open(stack: Stack) -> int:
    return sum("socket" in each for each in _descriptors(stack.web.pid))


def _bytes_held(stack: Stack) -> int:
    """Of files that it has open and nobody else sees."""
    held = 0
    for name in os.listdir(f"/proc/{stack.web.pid}/fd"):
        with suppress(OSError):
            path = f"/proc/{stack.web.pid}/fd/{name}"
            held += os.stat(path).st_size if "deleted" in os.readlink(path) else 0
    return held


def _descriptors(pid: int) -> list[str]:
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
    return found


@contextmanager
def _file_descriptors(pid: int, most: int) -> Iterator[None]:
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


async def _until(holds: Callable[[], object]) -> None:
    """Without keeping this loop's tabs waiting."""
    await asyncio.to_thread(until, holds, WITHIN)
