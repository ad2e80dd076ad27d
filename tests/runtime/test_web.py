"""A real web process under connections that behave badly, through real sockets."""

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.stack import Stack
from tests.visitor import Browser, session
from tests.waiting import until

# Of one conversation on one process, as the consumer has it.
MOST_TABS = 20


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
            assert await first.news(within=10)
        many = [await first.browser.tab(first.conversation) for _ in range(MOST_TABS)]
        for tab in many:
            tab.open()
        await asyncio.sleep(6)  # the one without a place tries again and again
        assert sum(tab.connections for tab in many) > MOST_TABS + 3
        for tab in [first, *many]:
            await tab.close()
            assert not tab.closed_for_good

        late = await first.browser.tab(first.conversation)
        late.open()
        await asyncio.sleep(3)

        assert late.connected
        assert late.connections == 1
        await late.close()


def test_one_address_cannot_take_all_connections(stack):
    with ExitStack() as held:
        for _ in range(200):
            held.enter_context(socket.create_connection(("127.0.0.1", stack.port)))
        until(lambda: 100 < _open(stack) < 140, within=10)  # and those to Redis

    until(stack.web_answers, within=10)


async def test_out_of_file_descriptors_no_thread_ends_that_nobody_starts_again(stack):
    async with session() as browsers:
        tab = await Browser(browsers, stack.url).new_conversation()
        tab.open()
        tab.say("Hello?")
        while tab.outbox:
            assert await tab.news(within=10)

        _limit(stack.web.pid, 3)
        tab.say("And now?")
        await asyncio.sleep(2)
        not_taken = dict(tab.outbox)
        _limit(stack.web.pid, 4096)

        assert not_taken
        async with asyncio.timeout(20):
            while tab.outbox:
                await tab.news(within=1)
        await tab.close()


def _open(stack: Stack) -> int:
    return sum("socket" in each for each in _descriptors(stack.web.pid))


def _descriptors(pid: int) -> list[str]:
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
    return found


def _limit(pid: int, soft: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
