"""What a message costs as a site grows: processes, database, conversations, articles, length.

    python -m tests.load.scaling [--only articles length] [--seconds 6]

Each site is new, and takes 50 chats of 20 tokens at once. CPU is that of web, workers and Redis;
with more processes than the machine has cores, messages a second say little.
"""

import argparse
import asyncio
import contextlib
from dataclasses import dataclass

from tests.load import phases, run
from tests.load.phases import Phase, Site
from tests.stack import Stack
from tests.tables import show

CHATS = 50
WARM = 3.0

STORED = """
from tests.load import traffic
traffic.main(["--conversations", "{}"])
"""
# The sample shop's articles again and again, each about a product of its own.
ARTICLES = """
import itertools
from chatsite.knowledge.models import Article
known = list(Article.objects.values())
more = itertools.islice(((n, one) for n in itertools.count() for one in known), {})
Article.objects.bulk_create(
    Article(**one | {{"id": None, "slug": f"{{one['slug']}}-{{n}}",
                      "title": f"{{one['title']}} (model {{n}})"}})
    for n, one in more
)
"""


@dataclass(frozen=True, slots=True)
class Size:
    """A site. `asked`: questions that each chat has asked before it is measured."""

    name: str
    database: str = "sqlite"
    webs: int = 1
    workers: int = 1
    seed: str = ""
    asked: int = 1


SIZES = {
    "processes": [
        Size("1 web, 1 worker"),
        Size("1 web, 2 workers", workers=2),
        Size("2 web, 2 workers", webs=2, workers=2),
        Size("4 web, 4 workers", webs=4, workers=4),
        Size("PostgreSQL, 1 web, 1 worker", "postgresql"),
        Size("PostgreSQL, 2 web, 2 workers", "postgresql", webs=2, workers=2),
        Size("PostgreSQL, 4 web, 4 workers", "postgresql", webs=4, workers=4),
    ],
    "conversations": [
        Size(f"{database}, {count:,} conversations", database, seed=STORED.format(count))
        for database in ("sqlite", "postgresql")
        for count in (10, 1_000, 100_000)
    ],
    "articles": [
        Size(f"{count:,} articles more", seed=ARTICLES.format(count))
        for count in (0, 1_000, 10_000)
    ],
    "length": [Size(f"{2 * count} messages before", asked=count) for count in (1, 10, 100)],
}


async def measured(size: Size, seconds: float) -> Phase:
    seed = run.SEED + size.seed
    with contextlib.ExitStack() as entered:
        stack = entered.enter_context(
            Stack(
                database=size.database,
                webs=size.webs,
                workers=size.workers,
                upstream_command=["-m", "tests.load.clocked"],
                seed=seed,
            )
        )
        own = [*stack.webs, *stack.workers]
        processes = [(process.name, process.pid) for process in own]
        site = Site(stack.url, run.visitor(stack.url), (*processes, ("redis", stack.redis.pid)))
        phases.change_pace(stack.upstream_url, run.AT_ONCE)
        await phases.converse(site, CHATS, run.AT_ONCE, WARM)
        return await phases.converse(site, CHATS, run.AT_ONCE, seconds, asked=size.asked)


def _row(size: Size, phase: Phase) -> dict[str, object]:
    def cpu(kind: str) -> float:
        return sum(phase.cpu_per_message(name) for name in phase.cpu if name.startswith(kind))

    return {
        "site": size.name,
        "messages/s": phase.per_second,
        "web, ms": cpu("web"),
        "workers, ms": cpu("worker"),
        "Redis, ms": cpu("redis"),
        "send to provider p50 / p95, ms": phase.to_provider,
        "lost": len(phase.lost),
        "taken by others": phase.disturbed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.load.scaling", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--seconds", type=float, default=6)
    options = parser.parse_args()
    for kind in options.only:
        rows = [_row(size, asyncio.run(measured(size, options.seconds))) for size in SIZES[kind]]
        show(f"CPU of a message, by {kind}", rows)


if __name__ == "__main__":
    main()
