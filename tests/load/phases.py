"""One phase of a load run: so many chats at one pace for so many seconds, and what it cost."""

import asyncio
import itertools
import os
import time
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.load.chats import Answer, Chat
from tests.stack import usage

QUESTION = "How long does delivery to Belgium take, and what does it cost?"
# Seconds after which an answer counts as lost.
PATIENCE = 90.0
# Sockets that are opened at once.
OPENED_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Pace:
    first_token: float  # seconds
    per_second: float  # 0: all at once
    tokens: int

    @property
    def seconds(self) -> float:
        """How long one answer takes at least."""
        return self.first_token + (self.tokens / self.per_second if self.per_second else 0)


@dataclass(frozen=True, slots=True)
class Site:
    """What answers: the product, the relay, or a peer."""

    url: str
    cookie: str
    processes: tuple[tuple[str, int], ...]  # name and pid of each
    chat: type[Chat] = Chat


@dataclass(slots=True)
class Phase:
    chats: int
    pace: Pace
    seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)  # seconds, by process
    machine: float = 0.0  # the same for all processors and everything that ran on them

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    @property
    def taken(self) -> float:
        """What others took of the machine: beyond some percent, the figures say little."""
        share = (self.machine - sum(self.cpu.values())) / (self.seconds * (os.cpu_count() or 1))
        return max(share, 0)

    @property
    def disturbed(self) -> str:
        return f"{self.taken:.0%}"

    @property
    def to_provider(self) -> "Spread":
        return Spread.of(answer.to_provider for answer in self.answers)

    @property
    def first_token(self) -> "Spread":
        return Spread.of(answer.first for answer in self.answers if answer.first)

    @property
    def every_token(self) -> "Spread":
        return Spread.of(
            itertools.chain.from_iterable(
                [answer.first, *answer.later] for answer in self.answers if answer.first
            )
        )

    @property
    def unseen(self) -> int:
        """Words that came late, with the stored answer."""
        return sum(answer.unseen(self.pace.tokens) for answer in self.answers)

    def cpu_per_message(self, name: str) -> float:
        """Milliseconds."""
        return 1000 * self.cpu[name] / max(len(self.answers), 1)


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds; nan where nothing was measured."""

    p50: float
    p95: float
    worst: float

    @classmethod
    def of(cls, microseconds: Iterable[int]) -> "Spread":
        found = sorted(microseconds)
        if not found:
            return cls(*[float("nan")] * 3)
        at = [found[min(int(len(found) * share), len(found) - 1)] for share in (0.5, 0.95)]
        return cls(at[0] / 1000, at[1] / 1000, found[-1] / 1000)

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f}"


def change_pace(provider: str, pace: Pace) -> None:
    body = orjson.dumps(
        {"first_token": pace.first_token, "per_second": pace.per_second, "tokens": pace.tokens}
    )
    urllib.request.urlopen(f"{provider}/_pace", body, timeout=5).close()


async def opened(site: Site, count: int) -> list[Chat]:
    """So many sockets, each of a conversation of its own."""
    chats = [site.chat(site.url, site.cookie) for _ in range(count)]
    for start in range(0, count, OPENED_AT_ONCE):
        await asyncio.gather(*(chat.connect() for chat in chats[start : start + OPENED_AT_ONCE]))
    return chats


async def converse(site: Site, count: int, pace: Pace, seconds: float, *, asked: int = 0) -> Phase:
    """Each chat asks, waits for the whole answer, and asks again.

    Counted is what is asked within `seconds`, after a while in which the chats fall out of step.
    Before that, each has `asked` so many questions.
    """
    phase = Phase(count, pace)
    chats = await opened(site, count)
    for _ in range(asked):
        await asyncio.gather(*(chat.ask(QUESTION, PATIENCE) for chat in chats))
    start = time.monotonic() + max(pace.seconds, 2.0)
    end = start + seconds
    talking = [
        asyncio.create_task(_talk(chat, phase, start, end, index * pace.seconds / count))
        for index, chat in enumerate(chats)
    ]
    await asyncio.sleep(start - time.monotonic())
    before, machine = _cpu(site.processes), _machine()
    await asyncio.sleep(end - time.monotonic())
    phase.cpu = {name: used - before[name] for name, used in _cpu(site.processes).items()}
    phase.machine = _machine() - machine
    phase.seconds = seconds
    await asyncio.gather(*talking)
    for chat in chats:
        chat.close()
    return phase


async def _talk(chat: Chat, phase: Phase, start: float, end: float, delay: float) -> None:
    await asyncio.sleep(delay)
    while (asked := time.monotonic()) < end:
        try:
            answer = await chat.ask(QUESTION, PATIENCE)
        except (TimeoutError, ConnectionError) as error:
            phase.lost.append(repr(error))
            return
        if not answer.whole(phase.pace.tokens):
            phase.lost.append(f"{answer.state}, {len(answer.stamps)} stamps")
        elif asked >= start:
            phase.answers.append(answer)


def _cpu(processes: Sequence[tuple[str, int]]) -> dict[str, float]:
    """Of these, and of the load generator, which is this process."""
    used = {name: usage(pid).cpu for name, pid in processes}
    return used | {"generator": time.process_time()}


def _machine() -> float:
    """Seconds that all processors together were busy."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
