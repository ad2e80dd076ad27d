"""What breaks in a chaos run, and how often: a list, to which whoever finds another one adds."""

import asyncio
import os
import signal
import time
from contextlib import suppress

from tests.chaos import provider_faults, server_faults, socket_faults
from tests.chaos.havoc import KILLS, Fault, Havoc
from tests.services import NotReady
from tests.stack import Process

# Seconds: longer than a lease, so that others take over; shorter than what a stalled answer is
# given, so that the worker goes on where it was.
FROZEN_FOR = (11.0, 15.0)
WEB_AWAY_FOR = (0.2, 2.0)
# A process that all of the site waits for.
STANDS_STILL_FOR = (1.0, 4.0)
BESIDE_FOR = 20.0
# Seconds by which a worker's clock is off, and for how long.
OFF_BY = (-3600, -90, 90, 3600)
OFF_FOR = 20.0
# Customers who all write in the moment in which the web process is killed, and how soon after.
RUSH = 40
KILLED_AFTER = (0.01, 0.08)
# Seconds that a worker has to begin an answer, and the word in its log that says so.
WORKS_WITHIN = 15.0
ASKS = " asks "
KILLED_AT_WORK_AFTER = (0.0, 3.0)
# Seconds until a process that was started again serves.
SERVES_WITHIN = 60.0


async def kill_a_worker(havoc: Havoc) -> None:
    """While it writes answers: killed at its start, a worker harms nobody.

    One after the other: where all begin anew all the time, every answer is late.
    """
    async with havoc.killing, havoc.one_worker() as worker:
        await _until_it_writes(worker)
        await asyncio.sleep(havoc.between(KILLED_AT_WORK_AFTER))
        worker.kill()
        worker.start()
        await _until_it_writes(worker)


async def _until_it_writes(worker: Process) -> None:
    """For a while: there may be nothing to write."""
    for _ in range(int(WORKS_WITHIN / 0.1)):
        if ASKS in worker.said():
            break
        await asyncio.sleep(0.1)


async def freeze_a_worker(havoc: Havoc) -> None:
    async with havoc.one_worker() as worker:
        since = time.monotonic()
        worker.freeze()
        await asyncio.sleep(havoc.between(FROZEN_FOR))
        worker.thaw()
        havoc.frozen.append((since, time.monotonic()))
        # Time to write what it must not write any more.
        await asyncio.sleep(2)


async def set_a_workers_clock(havoc: Havoc) -> None:
    """It is started with a clock that is off, works, and is started with the right one."""
    async with havoc.one_worker() as worker:
        right = list(worker.command)
        where = right.index("-m") + 1
        off_by = str(havoc.chance.choice(OFF_BY))
        worker.command = [*right[:where], "tests.skewed", off_by, *right[where:]]
        worker.restart()
        await asyncio.sleep(OFF_FOR)
        worker.kill()
        worker.command = right
        worker.start()


async def freeze_beat(havoc: Havoc) -> None:
    """Nothing is swept meanwhile, and all at once afterwards."""
    beat = havoc.stack.beat
    with havoc.broken(beat):
        beat.freeze()
        await asyncio.sleep(havoc.between(FROZEN_FOR))
        beat.thaw()


async def kill_web(havoc: Havoc) -> None:
    """In the middle of a rush."""
    web = havoc.chance.choice(havoc.stack.webs)
    async with havoc.web:
        with havoc.broken(web):
            for customer in list(havoc.customers)[:RUSH]:
                customer.interject()
            await asyncio.sleep(havoc.between(KILLED_AFTER))
            web.kill()
            await asyncio.sleep(havoc.between(WEB_AWAY_FOR))
            web.start()


async def freeze_web(havoc: Havoc) -> None:
    async with havoc.web:
        web = havoc.chance.choice(havoc.stack.webs)
        web.freeze()
        await asyncio.sleep(havoc.between(STANDS_STILL_FOR))
        web.thaw()


async def start_another_beat(havoc: Havoc) -> None:
    """By a mistake of whoever runs it: everything is sent twice."""
    stack, name = havoc.stack, f"beat beside {havoc.begun}"
    beat = stack.process(name, [*stack.beat.command[:-1], str(stack.var / name)])
    beat.start()
    await asyncio.sleep(BESIDE_FOR)
    beat.kill()


async def restart_one_by_one(havoc: Havoc) -> None:
    """As an update does: each is asked to end, and the next waits until it serves again."""
    for web in havoc.stack.webs:
        async with havoc.web:
            with havoc.broken(web):
                await asyncio.to_thread(web.stop)
                web.start()  # from this thread: with another one it would end
                await _until_it_serves(havoc, web.port)
    for _ in havoc.stack.workers:
        async with havoc.one_worker() as worker:
            await asyncio.to_thread(worker.stop)
            worker.start()


async def cut_the_power(havoc: Havoc) -> None:
    """All end in one moment. What the kernel had not written yet: `test_power_cut.py`."""
    stack = havoc.stack
    async with havoc.all_workers() as workers, havoc.web, havoc.redis, havoc.database:
        processes = [*stack.webs, *workers, stack.beat]
        with havoc.broken(*processes):
            servers = [stack.redis, *([stack.postgresql] if stack.postgresql else [])]
            for pid in [*(each.pid for each in processes), *(each.pid for each in servers)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for kill in [*(each.kill for each in processes), *(each.kill for each in servers)]:
                await asyncio.to_thread(kill)  # collects it
            for server in servers:
                server.start()
            for process in processes:
                process.start()
            for web in stack.webs:
                await _until_it_serves(havoc, web.port)


async def _until_it_serves(havoc: Havoc, port: int) -> None:
    until = time.monotonic() + SERVES_WITHIN
    while time.monotonic() < until:
        with suppress(NotReady):  # it serves errors: what it needs is away
            if await asyncio.to_thread(havoc.stack.web_answers, port):
                return
        await asyncio.sleep(0.1)


FAULTS = [
    Fault("worker kills", kill_a_worker, full=KILLS, ci=5),
    Fault("worker freezes", freeze_a_worker, full=12, ci=2),
    Fault("web kills", kill_web, full=6, ci=1),
    Fault("web freezes", freeze_web, full=3),
    Fault("worker clocks off", set_a_workers_clock, full=8),
    Fault("beat freezes", freeze_beat, full=3),
    Fault("beats beside", start_another_beat, full=2),
    Fault("rolling restarts", restart_one_by_one, full=3),
    Fault("power cuts", cut_the_power, full=2),
    *server_faults.FAULTS,
    *provider_faults.FAULTS,
    *socket_faults.FAULTS,
]
