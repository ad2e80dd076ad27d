"""The first customer after a restart waits no longer than the next."""

import asyncio
from pathlib import Path

from tests.guards import guards
from tests.stack import Process, Stack
from tests.visitor import Browser, session


def bytes_read(process: Process) -> int:
    """Of files, sockets and the database, so far."""
    counts = Path(f"/proc/{process.pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in counts)["rchar"])


async def ask(stack: Stack) -> str:
    async with session() as browsers, asyncio.timeout(60):
        tab = await Browser(browsers, stack.url).new_conversation()
        tab.open()
        tab.say("How long does delivery take?")
        while tab.outbox or tab.entries()[-1].open or tab.entries()[-1].role == "customer":
            await tab.news(within=30)
        await tab.close()
        return tab.entries()[-1].state


@guards("chatsite/answering/tasks.py", "    warm_up()\n", "")
@guards("chatsite/knowledge/articles.py", ', urlconf="chatsite.knowledge.urls"', "")
def test_a_worker_has_read_all_it_needs_before_it_takes_its_first_question():
    with Stack(upstream=["--tokens", "3"]) as stack:
        (worker,) = stack.workers
        before = bytes_read(worker)

        assert asyncio.run(ask(stack)) == "complete"
        # Word lists, heads and the admin's code are megabytes.
        assert bytes_read(worker) - before < 2_500_000
