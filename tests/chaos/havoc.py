"""When it breaks, and who puts it right again, as a supervisor would. What breaks: `faults.py`."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter

from tests.chaos.customers import Customer
from tests.stack import Process, Stack

# Acts that go on or wait for a worker at once.
MOST_ACTS = 4


@dataclass(frozen=True, slots=True)
class Size:
    conversations: int
    at_once: int
    per_second: float  # visits, at most
    workers: int
    webs: int = 1  # more than one: behind a proxy
    waits_for_holds: bool = True  # as long as the product does
    share: float = 1.0  # of the faults of a full run; 0: those of CI


FULL = Size(2000, 150, 4, workers=3, webs=2)
# Of workers, in a whole run.
KILLS = 200
CI = Size(50, 16, 2, workers=2, waits_for_holds=False, share=0)


def scaled(size: Size, conversations: int, kills: int) -> Size:
    """With so many worker kills, as many of the other faults as go with them, one of each at least.

    Time passes by itself in a whole run alone: it takes minutes in which nothing happens.
    """
    return replace(size, conversations=conversations, share=kills / KILLS, waits_for_holds=False)


@dataclass(frozen=True, slots=True)
class Fault:
    name: str  # as the report counts it
    act: "Callable[[Havoc], Awaitable[None]]"
    full: int  # times in a run of 2,000 conversations
    ci: int = 0
    database: str = ""  # on which alone

    def times(self, share: float) -> int:
        return max(1, round(self.full * share)) if share else self.ci


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
    # Held by whoever breaks the one or the other.
    redis: asyncio.Lock = field(default_factory=asyncio.Lock)
    database: asyncio.Lock = field(default_factory=asyncio.Lock)
    web: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Held by who kills a worker, until it is at work again.
    killing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _busy: set[str] = field(default_factory=set)
    _free: asyncio.Queue[Process] = field(default_factory=asyncio.Queue)
    _acts: set[asyncio.Task[None]] = field(default_factory=set)
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

    def plan(self, faults: Sequence[Fault]) -> None:
        """Spread the acts over the visits, however fast the machine is."""
        for worker in self.stack.workers:
            self._free.put_nowait(worker)
        self._supervising = asyncio.create_task(self._supervise())
        database = "postgresql" if self.stack.postgresql else "sqlite"
        self._planned = sorted(
            (
                (self.chance.random() * self.size.conversations, fault)
                for fault in faults
                if fault.database in {"", database}
                for _ in range(fault.times(self.size.share))
            ),
            key=itemgetter(0),
        )

    async def begin_a_visit(self, customer: Customer) -> None:
        """Break what is due by now, and wait while more is due than can be broken at once."""
        async with self._one_by_one:
            self.customers.add(customer)
            self.begun += 1
            while self._planned and self._planned[0][0] < self.begun:
                self._acts.add(asyncio.create_task(self._happens(self._planned.pop(0)[1])))
            while len(waiting := [act for act in self._acts if not act.done()]) > MOST_ACTS:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)

    async def end(self) -> None:
        """Wait for the last acts, and leave everything running."""
        await asyncio.gather(*self._acts)
        self._supervising.cancel()

    def between(self, seconds: tuple[float, float]) -> float:
        return self.chance.uniform(*seconds)

    @asynccontextmanager
    async def one_worker(self) -> AsyncIterator[Process]:
        """In turn; nobody else breaks it meanwhile."""
        worker = await self._free.get()
        with self.broken(worker):
            yield worker
        self._free.put_nowait(worker)

    @asynccontextmanager
    async def all_workers(self) -> AsyncIterator[list[Process]]:
        async with AsyncExitStack() as held:
            yield [await held.enter_async_context(self.one_worker()) for _ in self.stack.workers]

    def broken(self, *processes: Process) -> "_Broken":
        """While this lasts, nobody wonders that they do not run."""
        return _Broken(self._busy, [process.name for process in processes])

    async def _happens(self, fault: Fault) -> None:
        await fault.act(self)
        self.done[fault.name] = self.done.get(fault.name, 0) + 1

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for process in self.stack.processes:
                if process.name not in self._busy and not process.running:
                    self.died.append(self.stack.logs(process, last=100))
                    process.start()


@dataclass(frozen=True, slots=True)
class _Broken:
    busy: set[str]
    names: list[str]

    def __enter__(self) -> None:
        self.busy.update(self.names)

    def __exit__(self, *_: object) -> None:
        self.busy.difference_update(self.names)
