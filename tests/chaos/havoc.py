"""What breaks, when, and who puts it right again, as a supervisor would."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from operator import itemgetter

from tests.chaos.customers import Customer
from tests.stack import Process, Stack

# Seconds: longer than a lease, so that others take over; shorter than what a stalled answer is
# given, so that the worker goes on where it was.
FROZEN_FOR = (11.0, 15.0)
REDIS_AWAY_FOR = (0.2, 3.0)
WEB_AWAY_FOR = (0.2, 2.0)
# Customers who all write in the moment in which the web process is killed, and how soon after.
RUSH = 40
KILLED_AFTER = (0.01, 0.08)


# Acts that go on or wait for a worker at once.
MOST_ACTS = 4
# Seconds that a worker has to begin an answer, and the word in its log that says so.
WORKS_WITHIN = 15.0
ASKS = " asks "
KILLED_AT_WORK_AFTER = (0.0, 3.0)


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


FULL = Size(2000, 150, 4, worker_kills=200, freezes=12, redis_restarts=5, web_restarts=3, workers=3)
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
