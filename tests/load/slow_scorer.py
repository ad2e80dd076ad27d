"""How long a customer waits for a scorer that does not answer in time.

    python -m tests.load.slow_scorer [--chats 50] [--rounds 4]

So many chats ask in turn, each time something else, and again every few seconds; first scored
locally, then by a model that takes seconds. Milliseconds from asking to the provider's being asked
for the answer, and what of it the scorer adds: the product's patience, and at most 300 ms.
"""

import argparse
import asyncio
import itertools
import time
from dataclasses import dataclass, field

from tests.load import phases
from tests.load.chats import Chat
from tests.load.phases import Site, Spread
from tests.load.run import SEED, visitor
from tests.stack import Stack
from tests.tables import show
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import Says
from tests.upstream.server import Upstream

ADOPT = """
from routing import policies
draft = policies.current().draft()
draft.analyzer = "model"
policies.adopt(draft, None, "Ask a slow model.")
"""
# Seconds that the scorer takes: less than those after which a call is given up, and a scorer that
# gives no scores at all is left alone.
SLOW = 3.0
WITHIN = 60.0
# Seconds in which every chat asks once. Of all rounds the first is not counted: caches are cold.
ROUND = 4.0


@dataclass
class Provider:
    """Answers at once, scores late; knows when it was asked for which answer."""

    asked: dict[str, int] = field(default_factory=dict)  # microseconds
    scores: int = 0

    async def __call__(self, exchange: Exchange) -> None:
        call = exchange.call
        if "response_format" in call.body:
            self.scores += 1
            await Says('{"scores": [9]}', first_token=SLOW)(exchange)
            return
        self.asked[call.question.strip()] = _now()
        await Says("We open at nine and close at six.", first_token=0.2, every=0.02)(exchange)


async def waited(site: Site, provider: Provider, count: int, rounds: int) -> Spread:
    chats = await phases.opened(site, count)
    numbers = itertools.count(1)
    waits: list[int] = []

    async def talk(chat: Chat, turn: int) -> None:
        await asyncio.sleep(ROUND * turn / count)
        for number in range(1 + rounds):
            question = f"Is pen number {next(numbers)} of {site.cookie[-6:]} in stock?"
            asked = _now()
            await chat.ask(question, WITHIN)
            if number:
                waits.append(provider.asked[question] - asked)
            await asyncio.sleep(ROUND - (_now() - asked) / 1_000_000)

    await asyncio.gather(*(talk(chat, turn) for turn, chat in enumerate(chats)))
    for chat in chats:
        chat.close()
    return Spread.of(waits)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    provider, rows = Provider(), []
    with Upstream() as upstream:
        upstream.otherwise = provider
        with Stack(environment={"OPENAI_BASE_URL": upstream.url}, seed=SEED) as stack:
            for name, adopt in (
                ("scored locally", ""),
                (f"by a model that takes {SLOW:g} s", ADOPT),
            ):
                stack.manage("shell", "--verbosity", "0", "--command", adopt)
                site = Site(stack.url, visitor(stack.url), ())
                spread = asyncio.run(waited(site, provider, arguments.chats, arguments.rounds))
                rows.append((name, spread, provider.scores))
    local = rows[0][1]
    show(
        f"{arguments.chats} chats, {arguments.rounds} messages each",
        [
            {
                "": name,
                "send to provider p50 / p95, ms": spread,
                "added p50": spread.p50 - local.p50,
                "added p95": spread.p95 - local.p95,
                "worst": spread.worst,
                "scoring calls": scores,
            }
            for name, spread, scores in rows
        ],
    )


def _now() -> int:
    return time.monotonic_ns() // 1000


if __name__ == "__main__":
    main()
