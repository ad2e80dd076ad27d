"""Somebody spends the shop's money on purpose, while honest customers ask: what gets through?

    python -m tests.attacks.costly_questions [--addresses 1 4 64 1000] [--seconds 90]

Each attacking address asks the dearest questions, with a new cookie for every few of them, as fast
as the limits let it. Meanwhile 100 honest customers, each of a network of their own, ask a first
question. The site is as `make run` sets it up: the sample shop, its budgets and limits, the demo
model at the real models' prices.

Fails where an attack of up to 64 addresses leaves fewer than 95 honest questions answered, or where
the site spends more in the hour than its budget for an hour.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import median

import aiohttp

from tests.page import Page
from tests.stack import ROOT, Stack
from tests.tables import show
from tests.visitor import UNREACHABLE, Browser, session

HONEST, LEAST_ANSWERED, UP_TO = 100, 95, 64
# Seconds of attack before the first honest customer comes; and that a customer waits at most.
AHEAD, PATIENCE = 15.0, 90.0
QUESTIONS_PER_COOKIE = 4
# Seconds between two questions of an address: with 64 addresses, all that this machine can serve.
EVERY, EVERY_OF_MANY = 1.0, 20.0
QUESTIONS = ROOT / "chatsite/demo/shop/questions.json"
NANO = 10**9
DEAR = (
    "My order {number} arrived damaged and I was charged twice. 1. Who is liable for the damage and"
    " at whose cost is it sent back from {country}? 2. I have already opened the limited edition"
    " ink: can it be returned, and what of customs? 3. My lawyer asks for your terms on a refund of"
    " both charges, in writing and with the deadlines. {filler}"
)
FILLER = "Please explain each of these in full, with every exception that your terms make. " * 12


class Behind(Browser):
    """A browser whose proxy says that it is at this address."""

    def __init__(self, session: aiohttp.ClientSession, url: str, address: str) -> None:
        super().__init__(session, url)
        self.address = address

    @property
    def headers(self) -> dict[str, str]:
        return {**super().headers, "X-Forwarded-For": self.address}


@dataclass
class Attack:
    """What the attackers got."""

    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def asked(self) -> int:
        return self.statuses.total()

    async def by(self, url: str, address: str, every: float, client: aiohttp.ClientSession) -> None:
        """Until cancelled."""
        chance = random.Random(address)
        await asyncio.sleep(chance.random() * every)
        for number in itertools.count():
            with contextlib.suppress(*UNREACHABLE):
                if number % QUESTIONS_PER_COOKIE == 0:
                    browser = Behind(client, url, address)
                    tab = await browser.new_conversation()
                words = DEAR.format(
                    number=chance.randrange(10**6),
                    country=chance.choice(["Norway", "Peru", "Japan", "Kenya"]),
                    filler=FILLER,
                )
                status, _ = await browser.post(*_asking(tab.page, words))
                self.statuses[status] += 1
            await asyncio.sleep(every)


@dataclass
class Customer:
    """An honest first question."""

    state: str = "unreachable"
    seconds: float = 0.0

    async def asks(self, url: str, address: str, client: aiohttp.ClientSession, text: str) -> None:
        began = time.monotonic()
        with contextlib.suppress(*UNREACHABLE):
            browser = Behind(client, url, address)
            page = (await browser.new_conversation()).page
            status, html = await browser.post(*_asking(page, text))
            if status != HTTPStatus.FOUND:
                self.state = f"status {status}"
                return
            while time.monotonic() < began + PATIENCE:
                entries = Page(html).entries()
                if not entries:
                    self.state = "refused"
                    break
                self.state = entries[-1].state
                if entries[-1].role == "assistant" and not entries[-1].open:
                    break
                await asyncio.sleep(0.5)
                html = await browser.get(f"/c/{page.conversation}/")
        self.seconds = time.monotonic() - began


def _asking(page: Page, text: str) -> tuple[str, dict[str, str], str]:
    fields = {"client_id": str(uuid.uuid4()), "text": text}
    return f"/c/{page.conversation}/ask/", fields, page.csrf


def attackers() -> Iterator[str]:
    """Addresses, each of a network of its own."""
    for number in itertools.count():
        yield f"100.{64 + number // 256}.{number % 256}.7"


async def attacked(url: str, addresses: int, seconds: float) -> tuple[Attack, list[Customer]]:
    attack, customers = Attack(), [Customer() for _ in range(HONEST)]
    questions = [each["question"] for each in json.loads(QUESTIONS.read_text())]
    every = EVERY if addresses <= UP_TO else EVERY_OF_MANY
    async with session() as client:
        attacking = [
            asyncio.create_task(attack.by(url, address, every, client))
            for address in itertools.islice(attackers(), addresses)
        ]
        await asyncio.sleep(AHEAD)
        asking = []
        for number, customer in enumerate(customers):
            address = f"203.{number}.113.9"
            # Nobody's question was answered to somebody else already.
            text = f"{questions[number % len(questions)]} (order LF-{123456 + number})"
            asking.append(asyncio.create_task(customer.asks(url, address, client, text)))
            await asyncio.sleep((seconds - AHEAD) / HONEST)
        await asyncio.gather(*asking)
        for task in attacking:
            task.cancel()
        await asyncio.gather(*attacking, return_exceptions=True)
    return attack, customers


HOUR = """
SELECT w."limit", w.spent FROM billing_budgetperiod w JOIN billing_budget b ON b.id = w.budget_id
WHERE b.scope = 'site' AND b.period = 'hour' ORDER BY w.starts_at DESC
"""
NETWORKS = """
SELECT MAX(w.spent) FROM billing_budgetperiod w JOIN billing_budget b ON b.id = w.budget_id
WHERE b.scope = 'address' AND b.period = 'hour'
"""


def run(addresses: int, seconds: float, database: str) -> dict[str, object]:
    environment = {"TRUSTED_PROXIES": "1", "ASKS_PER_VISITOR": "", "ASKS_PER_ADDRESS": ""}
    with Stack(database=database, environment=environment, demo_model=True) as stack:
        attack, customers = asyncio.run(attacked(stack.url, addresses, seconds))
        windows = stack.rows(HOUR)
        spent = sum(amount for _, amount in windows) / NANO
        of_network = (stack.rows(NETWORKS)[0][0] or 0) / NANO
    answered = [each.seconds for each in customers if each.state == "complete"]
    states = Counter(each.state for each in customers if each.state != "complete")
    return {
        "addresses": addresses,
        "dear questions": attack.asked,
        "taken": attack.statuses[HTTPStatus.FOUND],
        "spent, $": f"{spent:.3f}",
        "an hour's budget, $": f"{windows[0][0] / NANO:.2f}" if windows else "none",
        "most of one network, $": f"{of_network:.3f}",
        "honest answered": len(answered),
        "after, s (median)": median(answered) if answered else 0.0,
        "the others": ", ".join(f"{count} {state}" for state, count in states.items()),
        "within it": all(amount <= limit for limit, amount in windows) and bool(windows),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.attacks.costly_questions", description=__doc__)
    parser.add_argument("--addresses", type=int, nargs="+", default=[1, 4, 64, 1000])
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    rows = [run(addresses, options.seconds, options.database) for addresses in options.addresses]
    show("Dear questions by the hundred, beside 100 honest first ones", rows)
    held = all(
        row["within it"]
        and (addresses > UP_TO or int(str(row["honest answered"])) >= LEAST_ANSWERED)
        for addresses, row in zip(options.addresses, rows, strict=True)
    )
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
