"""So many pages on PostgreSQL, and the connections that the site holds meanwhile: they stay flat.

python -m tests.load.connections [--requests 10000]
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections import Counter

from tests.stack import Stack
from tests.tables import show
from tests.visitor import session

AT_ONCE = 20
PAGES = ("/help/", "/new/", "/healthz", "/readyz", "/", "/conversations/")
HELD = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
# The look itself has one.
MOST_GROWN = 10


async def asked(stack: Stack, requests: int) -> tuple[Counter[int], list[int]]:
    numbers, statuses, held = iter(range(requests)), Counter[int](), []

    async def ask() -> None:
        for number in numbers:
            if number % (requests // 10) == 0:
                held.append((await asyncio.to_thread(stack.rows, HELD))[0][0])
            page = next(itertools.islice(PAGES, number % len(PAGES), None))
            async with client.get(stack.url + page, allow_redirects=False) as response:
                await response.read()
                statuses[response.status] += 1

    async with session() as client:
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    held.append(stack.rows(HELD)[0][0])
    return statuses, held


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.load.connections", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    requests = parser.parse_args().requests
    began = time.monotonic()
    with Stack(database="postgresql") as stack:
        statuses, held = asyncio.run(asked(stack, requests))
    show(
        "Connections to PostgreSQL",
        [
            {
                "requests": statuses.total(),
                "of 500": sum(statuses[status] for status in statuses if status == 500),
                "connections, each tenth": " ".join(map(str, held)),
                "seconds": time.monotonic() - began,
            }
        ],
    )
    return int(statuses[500] > 0 or max(held) > held[1] + MOST_GROWN)


if __name__ == "__main__":
    sys.exit(main())
