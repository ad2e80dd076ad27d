"""What breaks, when, and who puts it right again, as a supervisor would."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path

from tests.chaos.customers import Customer
from tests.stack import Process, Stack

# Seconds: longer than a lease, so that others take over; shorter than what a stalled answer is
# given, so that the worker goes on where it was.
FROZEN_FOR = (11.0, 15.0)
REDIS_AWAY_FOR = (0.2, 3.0)
WEB_AWAY_FOR = (0.2, 2.0)
# A server that all of the site waits for.
STANDS_STILL_FOR = (1.0, 4.0)
BESIDE_FOR = 20.0
# Customers who all write in the moment in which the web process is killed, and how soon after.
RUSH = 40
KILLED_AFTER = (0.01, 0.08)


# Acts that go on or wait for a worker at once.
MOST_ACTS = 4
# Seconds that a worker has to begin an answer, and the word in its log that says so.
WORKS_WITHIN = 15.0
ASKS = " asks "
KILLED_AT_WORK_AFTER = (0.0, 3.0)


# Of servers that all of the site waits for, and of a second beat.
STOPPAGES = (
    "redis_freezes",
    "web_freezes",
    "beats_beside",
    "database_restarts",
    "database_freezes",
)


@dataclass(frozen=True, slots=True)
class Size:
    conversations: int
    at_once: int
    per_second: float  # visits, at most
    worker_kills: int
    freezes: int
    redis_restarts: int
    web_restarts: int
    workers: int
    waits_for_holds: bool = True  # as long as the product does
    redis_freezes: int = 0
    web_freezes: int = 0
    beats_beside: int = 0
    database_restarts: int = 0  # on PostgreSQL
    database_freezes: int = 0


FULL = Size(
    2000,
    150,
    4,
    worker_kills=200,
    freezes=12,
    redis_restarts=5,
    web_restarts=3,
    workers=3,
    redis_freezes=3,
    web_freezes=3,
    beats_beside=2,
    database_restarts=3,
    database_freezes=3,
)


def scaled(size: Size, conversations: int) -> Size:
    """As many of each as so many conversations take, and one of each kind at least."""
    share = conversations / size.conversations
    counts = {
        name: max(1, round(share * getattr(size, name)))
        for name in ("worker_kills", "freezes", "redis_restarts", "web_restarts", *STOPPAGES)
    }
    return replace(size, conversations=conversations, **counts)


CI = Size(
    50,
    16,
    2,
    worker_kills=5,
    freezes=2,
    redis_restarts=1,
    web_restarts=1,
    workers=2,
    waits_for_holds=False,
)


@dataclass
class Havoc:
    stack: Stack
    size: Size
    chance: random.Random
    customers: set[Customer] = field(default_factory=set)
    begun: int = 0
    visited: int = 0
    done: dict[str, int] = field(default_factory=dict)
    # When a worker's clock stood still: from, to; time.monotonic().
    frozen: list[tuple[float, float]] = field(default_factory=list)
    # Processes that nobody had killed.
    died: list[str] = field(default_factory=list)
    _busy: set[str] = field(default_factory=set)
    _free: asyncio.Queue[Process] = field(default_factory=asyncio.Queue)
    _acts: set[asyncio.Task[None]] = field(default_factory=set)
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    def plan(self) -> None:
        """Spread the acts over the visits, however fast the machine is."""
        for worker in self.stack.workers:
            self._free.put_nowait(worker)
        self._supervising = asyncio.create_task(self._supervise())
        self._planned = sorted(
            (
                (self.chance.random() * self.size.conversations, act)
                for act, times in (
                    (self.kill_a_worker, self.size.worker_kills),
                    (self.freeze_a_worker, self.size.freezes),
                    (self.restart_redis, self.size.redis_restarts),
                    (self.restart_web, self.size.web_restarts),
                    (self.freeze_redis, self.size.redis_freezes),
                    (self.freeze_web, self.size.web_freezes),
                    (self.start_another_beat, self.size.beats_beside),
                    (self.restart_database, self.size.database_restarts),
                    (self.freeze_database, self.size.database_freezes),
                )
                for _ in range(times)
            ),
            key=itemgetter(0),
        )

    async def begin_a_visit(self, customer: Customer) -> None:
        """Break what is due by now, and wait while more is due than can be broken at once."""
        async with self._one_by_one:
            self.customers.add(customer)
            self.begun += 1
            while self._planned and self._planned[0][0] < self.begun:
                self._acts.add(asyncio.create_task(self._planned.pop(0)[1]()))
            while len(waiting := [act for act in self._acts if not act.done()]) > MOST_ACTS:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)

    async def end(self) -> None:
        """Wait for the last acts, and leave everything running."""
        await asyncio.gather(*self._acts)
        self._supervising.cancel()

    async def kill_a_worker(self) -> None:
        """While it writes answers: killed at its start, a worker harms nobody."""
        async with self._one_worker() as worker:
            for _ in range(int(WORKS_WITHIN / 0.1)):
                if ASKS in worker.said():
                    break
                await asyncio.sleep(0.1)
            await asyncio.sleep(self.chance.uniform(*KILLED_AT_WORK_AFTER))
            worker.kill()
            self._count("worker kills")
            worker.start()

    async def freeze_a_worker(self) -> None:
        async with self._one_worker() as worker:
            since = time.monotonic()
            worker.freeze()
            await asyncio.sleep(self.chance.uniform(*FROZEN_FOR))
            worker.thaw()
            self.frozen.append((since, time.monotonic()))
            self._count("worker freezes")
            # Time to write what it must not write any more.
            await asyncio.sleep(2)

    async def restart_redis(self) -> None:
        """It keeps nothing: hints and frames are gone."""
        self.stack.redis.kill()
        await asyncio.sleep(self.chance.uniform(*REDIS_AWAY_FOR))
        self.stack.redis.start()
        self._count("Redis restarts")

    async def restart_web(self) -> None:
        """In the middle of a rush."""
        self._busy.add(self.stack.web.name)
        for customer in list(self.customers)[:RUSH]:
            customer.interject()
        await asyncio.sleep(self.chance.uniform(*KILLED_AFTER))
        self.stack.web.kill()
        await asyncio.sleep(self.chance.uniform(*WEB_AWAY_FOR))
        self.stack.web.start()
        self._count("web restarts")
        self._busy.discard(self.stack.web.name)

    async def freeze_redis(self) -> None:
        """As a machine that swaps: connections stay, and nothing is answered."""
        await self._frozen_for(self.stack.redis.pid)
        self._count("Redis freezes")

    async def freeze_web(self) -> None:
        await self._frozen_for(self.stack.web.pid)
        self._count("web freezes")

    async def start_another_beat(self) -> None:
        """By a mistake of whoever runs it: everything is sent twice."""
        name = f"beat beside {self.begun}"
        beat = self.stack.process(name, [*self.stack.beat.command[:-1], str(self.stack.var / name)])
        beat.start()
        await asyncio.sleep(BESIDE_FOR)
        beat.kill()
        self._count("beats beside")

    async def restart_database(self) -> None:
        """Killed: its clients' transactions are gone, and it recovers what was committed."""
        if database := self.stack.postgresql:
            await asyncio.to_thread(database.kill)
            await asyncio.sleep(self.chance.uniform(*REDIS_AWAY_FOR))
            database.start()
            self._count("PostgreSQL restarts")

    async def freeze_database(self) -> None:
        if database := self.stack.postgresql:
            await self._frozen_for(database.pid)
            self._count("PostgreSQL freezes")

    async def _frozen_for(self, pid: int) -> None:
        """The server, with the processes that it has for its clients."""
        children = [int(each) for each in _children(pid)]
        for each in (pid, *children):
            os.kill(each, signal.SIGSTOP)
        await asyncio.sleep(self.chance.uniform(*STANDS_STILL_FOR))
        for each in (pid, *children):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for process in self.stack.processes:
                if process.name not in self._busy and not process.running:
                    self.died.append(self.stack.logs(process, last=100))
                    process.start()

    @asynccontextmanager
    async def _one_worker(self) -> AsyncIterator[Process]:
        """In turn; nobody else breaks it meanwhile."""
        worker = await self._free.get()
        self._busy.add(worker.name)
        yield worker
        self._busy.discard(worker.name)
        self._free.put_nowait(worker)

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
