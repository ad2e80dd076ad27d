"""Processes whose clocks are off answer as others do: the database's clock alone decides."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.stack import Stack
from tests.visitor import Browser, session

WORKERS_OFF_BY = [90, 3600, -3600]  # seconds
WEB_OFF_BY = 3600


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    upstream = ["--tokens", "30", "--tokens-per-second", "10"]
    stack = Stack(workers=len(WORKERS_OFF_BY), upstream=upstream)
    off_by = [WEB_OFF_BY, *WORKERS_OFF_BY]
    for process, seconds in zip((stack.web, *stack.workers), off_by, strict=True):
        where = process.command.index("-m") + 1
        process.command[where:where] = ["tests.skewed", str(seconds)]
    with stack:
        yield stack


async def ask(stack: Stack, number: int) -> str:
    """The state in which the answer ends. Hints that follow closely would go to one worker."""
    await asyncio.sleep(number / 2)
    async with session() as browsers, asyncio.timeout(180):
        tab = await Browser(browsers, stack.url).new_conversation()
        tab.open()
        tab.say(f"What are your business hours? ({number})")
        while tab.outbox or tab.entries()[-1].open or tab.entries()[-1].role == "customer":
            await tab.news(within=5)
        await tab.close()
        return tab.entries()[-1].state


async def ask_at_once(stack: Stack, count: int) -> list[str]:
    return await asyncio.gather(*(ask(stack, number) for number in range(count)))


def have_all_asked(stack: Stack) -> bool:
    return all(" asks " in worker.said() for worker in stack.workers)


def test_an_answer_that_is_written_meanwhile_is_neither_late_nor_charged_as_expired(stack):
    states: list[str] = []
    # On a busy machine one worker may take all nine.
    while not have_all_asked(stack) and len(states) < 36:
        states += asyncio.run(ask_at_once(stack, 9))

    outcomes = stack.rows("SELECT outcome FROM billing_ledgerentry WHERE purpose = 'answer'")
    assert have_all_asked(stack)
    assert set(states) == {"complete"}
    assert {outcome for (outcome,) in outcomes} <= {"stop", "escalated"}
    assert stack.rows("SELECT reference FROM billing_hold") == []
