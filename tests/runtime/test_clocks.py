"""Workers whose clocks are off answer as others do: the database's clock alone decides."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.stack import Stack
from tests.visitor import Browser, session

OFF_BY = [90, 3600, -3600]  # seconds


@pytest.fixture(params=OFF_BY, scope="module")
def stack(request) -> Iterator[Stack]:
    stack = Stack(upstream=["--tokens", "40", "--tokens-per-second", "10"])
    for process in (stack.web, *stack.workers):
        where = process.command.index("-m") + 1
        process.command[where:where] = ["tests.skewed", str(request.param)]
    with stack:
        yield stack


async def ask(stack: Stack) -> list[str]:
    """The states in which three answers end."""
    states = []
    async with session() as browsers, asyncio.timeout(180):
        tab = await Browser(browsers, stack.url).new_conversation()
        tab.open()
        for number in range(3):
            tab.say(f"What are your business hours? ({number})")
            while tab.outbox or tab.entries()[-1].open or tab.entries()[-1].role == "customer":
                await tab.news(within=5)
            states.append(tab.entries()[-1].state)
        await tab.close()
    return states


def test_an_answer_that_is_written_meanwhile_is_neither_late_nor_charged_as_expired(stack):
    states = asyncio.run(ask(stack))

    outcomes = stack.rows("SELECT outcome FROM billing_ledgerentry WHERE purpose = 'answer'")
    assert states == ["complete"] * 3
    assert {outcome for (outcome,) in outcomes} <= {"stop", "escalated"}
    assert stack.rows("SELECT reference FROM billing_hold") == []
