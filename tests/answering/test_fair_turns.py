"""Turns of a worker's one thread: shared by networks, not by who sends the most."""

import asyncio

from chatsite.answering.fair_turns import FairTurns
from tests.guards import guards


async def served(turns: FairTurns, waiting: list[str], cancelled: int | None = None) -> list[str]:
    """In which order these come, all of them while the one place is taken."""
    order = []

    async def take(network: str) -> None:
        async def said() -> str:
            return network

        async with turns.turn(said):
            order.append(network)
            await asyncio.sleep(0)

    async with turns.turn(lambda: asyncio.sleep(0, "first")):
        tasks = [asyncio.create_task(take(network)) for network in waiting]
        for _ in range(5):
            await asyncio.sleep(0)
        if cancelled is not None:
            tasks[cancelled].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return order


@guards(
    "chatsite/answering/fair_turns.py",
    "(self._had[network], next(self._numbers), place)",
    without="(0, next(self._numbers), place)",
)
async def test_a_network_that_asks_much_delays_another_by_one_turn():
    turns = FairTurns(1)

    assert await served(turns, ["flood"] * 5 + ["b", "c"]) == ["flood", "b", "c"] + ["flood"] * 4
    # The place is free again afterwards, and forgotten is who had it.
    assert await served(turns, ["c", "flood"]) == ["c", "flood"]


async def test_who_gives_up_waiting_keeps_no_place():
    turns = FairTurns(1)

    assert await served(turns, ["a", "b", "c"], cancelled=1) == ["a", "c"]
    assert await served(turns, ["d"]) == ["d"]
