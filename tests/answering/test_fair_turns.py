"""A worker's turns: shared by networks, not by who sends the most."""

import asyncio
import uuid

from channels.db import database_sync_to_async

from chatsite.answering.writer.fair_turns import FairTurns
from chatsite.chat.actions import ask
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
    "chatsite/answering/writer/fair_turns.py",
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


@guards(
    "chatsite/answering/writer/answer_writing_loop.py",
    "FairTurns(settings.ANSWERS_PER_WORKER)",
    without="FairTurns(10**6)",
)
@guards(
    "chatsite/answering/writer/answer_writing_loop.py",
    "async with self._places.turn(network):",
    without="async with self._places.turn(lambda: asyncio.sleep(0, '')):",
)
async def test_where_a_worker_is_full_another_network_waits_one_turn(
    settings, hints, start_worker, upstream
):
    settings.ANSWERS_PER_WORKER = 1

    @database_sync_to_async
    def asked(network: str) -> str:
        change = ask.question(uuid.uuid4(), network, "When do you open?", uuid.uuid4(), network)
        hints.reply_ids.append(change.reply_id)
        return f"reply:{change.reply_id}:1"

    references = [await asked(network) for network in ("flood", "flood", "flood", "b")]

    worker = start_worker()
    await asyncio.sleep(0)
    await worker.written()

    first = [call.reference for call in upstream.requests if call.reference in references]
    assert first == [references[at] for at in (0, 1, 3, 2)]
