"""How fast, how many and how big: `python -m tests.load.run`, on a machine that does nothing else.

The product is measured as `make run` starts it, the relay beside it is the physical limit. Load
generator and provider share the machine. Prints Markdown tables; exits with 1 where a message was
lost. `--parts latency throughput most memory` chooses; all of them take some six minutes.
"""

import argparse
import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.request import urlopen

import orjson

from tests import services
from tests.load import phases
from tests.load.phases import Pace, Phase, Site
from tests.stack import Process, Stack, usage
from tests.tables import show

PARTS = ("memory", "latency", "throughput", "most")
STREAM = Pace(first_token=0.5, per_second=25, tokens=100)
# A chat alone: shorter answers give more of them in the same time.
SHORT = Pace(first_token=0.5, per_second=25, tokens=10)
AT_ONCE = Pace(first_token=0, per_second=0, tokens=20)

CHATS = (1, 50, 200)
STEPS = (100, 200, 300, 400, 500)
IDLE = 500
# Milliseconds that the product may add to a word's way, 95 times in 100.
BEARABLE = 100.0

# Day and month must not end the run, and every message is a call. Answers that are stamps of time
# are checked like any other, and never believed: none escalates.
SEED = """
from billing.models import Budget
from routing import policies
from routing.models import TaskType
Budget.objects.update(limit=10**15)
TaskType.objects.update(cacheable=False)
draft = policies.current().draft()
draft.doubt_threshold = 1 - 1e-9
policies.adopt(draft, None, "Stamps are no answers.")
"""


class Run:
    def __init__(self, stack: Stack, relay: Process, relay_url: str, seconds: float) -> None:
        provider = ("provider", stack.upstream.pid)
        self.stack = stack
        own = [stack.web, *stack.workers, stack.beat]
        self.own = [(process.name, process.pid) for process in own]
        self.own.append(("redis", stack.redis.pid))
        self.product = Site(stack.url, visitor(stack.url), (*self.own, provider))
        self.relay = Site(relay_url, "", (("relay", relay.pid), provider))
        self.seconds = seconds
        self.tables: dict[str, list[dict[str, object]]] = {}
        self.lost: list[str] = []

    async def memory(self) -> None:
        web = self.stack.web
        warm = await phases.opened(self.product, 10)
        before = web.usage()
        chats = await phases.opened(self.product, IDLE)
        await asyncio.sleep(2)
        after = web.usage()
        for chat in [*chats, *warm]:
            chat.close()
        self._show(
            f"Memory of an idle socket, at {IDLE}",
            [
                {
                    "": "web",
                    "RSS a socket, KB": (after.rss - before.rss) / IDLE / 1024,
                    "PSS a socket, KB": (after.pss - before.pss) / IDLE / 1024,
                }
            ],
        )

    async def latency(self) -> None:
        rows = []
        for count in CHATS:
            for name, site in (("product", self.product), ("relay", self.relay)):
                phase = await self.phase(site, count, SHORT if count == 1 else STREAM)
                rows.append(
                    {
                        "chats": count,
                        "": name,
                        "messages": len(phase.answers),
                        "send to provider p50 / p95, ms": phase.to_provider,
                        "first word to socket p50 / p95, ms": phase.first_token,
                        "every word to socket p50 / p95, ms": phase.every_token,
                        "late words": phase.unseen,
                        "lost": len(phase.lost),
                        "taken by others": phase.disturbed,
                    }
                )
        self._show("Added latency, 500 ms to the first word, then 25 a second", rows)

    async def throughput(self) -> None:
        rows = []
        for name, site in (("product", self.product), ("relay", self.relay)):
            phase = await self.phase(site, 50, AT_ONCE)
            rows.append(
                {
                    "": name,
                    "messages/s": phase.per_second,
                    "CPU ms a message": self._cpu(phase),
                    "send to provider p50 / p95, ms": phase.to_provider,
                    "lost": len(phase.lost),
                    "taken by others": phase.disturbed,
                }
            )
        self._show("Throughput, 20 tokens at once, 50 chats", rows)

    async def most(self) -> None:
        rows = []
        for count in STEPS:
            phase = await self.phase(self.product, count, STREAM)
            rows.append(self._step("product", phase))
            if phase.every_token.p95 > 5 * BEARABLE:
                break
        rows.append(self._step("relay", await self.phase(self.relay, STEPS[-1], STREAM)))
        self._show("Concurrent streaming chats, 100 tokens, 25 a second", rows)

    def processes(self) -> None:
        """At the end of the run, when each is as big as it gets."""
        rows: list[dict[str, object]] = []
        total = 0.0
        for name, pid in self.own:
            used = usage(pid)
            total += used.pss / 2**20
            rows.append({"process": name, "RSS, MB": used.rss / 2**20, "PSS, MB": used.pss / 2**20})
        rows.append({"process": "whole stack", "RSS, MB": "", "PSS, MB": total})
        self._show("Memory of each process after the run", rows)

    def _step(self, name: str, phase: Phase) -> dict[str, object]:
        return {
            "": name,
            "chats": phase.chats,
            "messages": len(phase.answers),
            "every word to socket p50 / p95, ms": phase.every_token,
            "send to provider p50 / p95, ms": phase.to_provider,
            "late words": phase.unseen,
            "lost": len(phase.lost),
            f"p95 under {BEARABLE:.0f} ms, none lost": "yes"
            if phase.every_token.p95 < BEARABLE and not phase.lost
            else "no",
            "CPU ms a message": self._cpu(phase),
            "taken by others": phase.disturbed,
        }

    def _cpu(self, phase: Phase) -> str:
        return ", ".join(f"{name} {phase.cpu_per_message(name):.1f}" for name in phase.cpu)

    async def phase(self, site: Site, count: int, pace: Pace) -> Phase:
        phases.change_pace(self.stack.upstream_url, pace)
        gc.collect()
        gc.freeze()
        phase = await phases.converse(site, count, pace, self.seconds)
        self.lost += phase.lost
        sys.stderr.writelines(f"lost: {reason}\n" for reason in phase.lost[:3])
        return phase

    def _show(self, title: str, rows: list[dict[str, object]]) -> None:
        self.tables[title] = rows
        show(title, rows)


def visitor(url: str) -> str:
    """The cookie of a new visitor."""
    with urlopen(f"{url}/new/", timeout=10) as page:
        cookies = map(SimpleCookie, page.headers.get_all("Set-Cookie"))
    found = next(cookie["visitor"] for cookie in cookies if "visitor" in cookie)
    return f"visitor={found.value}"


@asynccontextmanager
async def started(seconds: float = 12, workers: int = 1) -> AsyncIterator[Run]:
    """The product, and the relay beside it."""
    with Stack(workers=workers, upstream_command=["-m", "tests.load.clocked"], seed=SEED) as stack:
        port = services.free_port()
        relay = ["-m", "tests.load.relay", "--port", str(port), "--provider", stack.upstream_url]
        process = stack.process("relay", [sys.executable, *relay])
        process.start()
        try:
            await asyncio.sleep(2)
            yield Run(stack, process, f"http://127.0.0.1:{port}", seconds)
        finally:
            process.stop()


async def run(parts: Sequence[str], seconds: float, workers: int) -> Run:
    async with started(seconds, workers) as this:
        for part in parts:
            await getattr(this, part)()
        this.processes()
        return this


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seconds", type=float, default=12, help="measured in each phase")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file for the tables")
    options = parser.parse_args()
    done = asyncio.run(run(options.parts, options.seconds, options.workers))
    if options.json:
        options.json.write_bytes(orjson.dumps(done.tables, default=str))
    sys.exit(bool(done.lost))


if __name__ == "__main__":
    main()
