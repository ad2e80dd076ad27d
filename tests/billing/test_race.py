"""Many workers on one ledger: nothing is overspent, and nothing is lost."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Max

from billing import ledger
from billing.errors import NoRoom
from billing.models import (
    Budget,
    BudgetPeriod,
    Hold,
    LedgerEntry,
)
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW, STRONG, Reserve, budget

WORKERS = 8
COMMITS = 15
# Reservations and settlements that one commit carries.
GROUPED = 4
MODELS = {"cheap": "gpt-3.5-turbo", "strong": "gpt-4"}

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Worker:
    """Reserves and settles at random, several at a time in one transaction."""

    number: int
    reserve: Reserve
    granted: int = 0
    refused: int = 0
    open: list[str] = field(default_factory=list)

    def work(self) -> None:
        chance = random.Random(self.number)
        with closing(connection):
            for commit in range(COMMITS):
                with transaction.atomic():
                    for step in range(GROUPED):
                        if self.open and chance.random() < 0.5:
                            self.end(self.open.pop(chance.randrange(len(self.open))), chance)
                        else:
                            self.begin(f"reply:{self.number}:{commit}:{step}", chance)

    def begin(self, reference: str, chance: random.Random) -> None:
        tier = chance.choice(["cheap", "strong"])
        conversation = f"conversation:{chance.randrange(4)}"
        try:
            self.reserve(reference, tier=tier, model=MODELS[tier], conversation=conversation)
        except NoRoom:
            self.refused += 1
        else:
            self.granted += 1
            self.open.append(reference)

    def end(self, reference: str, chance: random.Random) -> None:
        used = Usage(chance.randrange(1000), chance.randrange(1000))
        how = chance.randrange(4)
        if how == 0:
            ledger.release(reference)
        else:
            ledger.settle(reference, used if how > 1 else None, outcome="stop", now=NOW)


def test_no_budget_is_overspent_and_every_window_equals_the_ledger(reserve):
    budget(20 * STRONG, "tier", key="strong")
    budget(30 * CHEAP, "tier", key="cheap")
    budget(8 * STRONG, "conversation", "day")
    workers = [Worker(number, reserve) for number in range(WORKERS)]
    done = threading.Event()

    with ThreadPoolExecutor(WORKERS + 2) as pool:
        watching = pool.submit(most_overspent, done)
        sweeping = pool.submit(sweep, done)
        working = [pool.submit(worker.work) for worker in workers]
        for future in working:
            future.exception()
        done.set()

    assert [future.exception() for future in working] == [None] * WORKERS
    assert watching.result() <= 0
    sweeping.result()
    granted = sum(worker.granted for worker in workers)
    assert granted > WORKERS
    assert sum(worker.refused for worker in workers) > WORKERS
    assert LedgerEntry.objects.count() + Hold.objects.count() == granted
    assert not BudgetPeriod.objects.filter(overrun__gt=0).exists()
    call_command("check_ledger")


def most_overspent(done: threading.Event) -> int:
    """By how many nano-dollars a window was ever seen above its limit; negative: never."""
    most = -1
    with closing(connection):
        while not done.wait(0.005):
            over = overspent()
            most = max(most, over if over is not None else most)
    return most


def overspent() -> int | None:
    """By how many nano-dollars a window is above its limit; None: there is no window."""
    over: int | None = BudgetPeriod.objects.aggregate(
        most=Max(F("spent") + F("reserved") - F("limit"))
    )["most"]
    return over


def sweep(done: threading.Event) -> None:
    """Charge now and then what is open, although its worker will settle it too."""
    with closing(connection):
        while not done.wait(0.15):
            ledger.expire(NOW + timedelta(days=1))


def test_workers_that_open_a_window_at_once_share_it(reserve):
    budget(100 * CHEAP, period="hour")
    budget(100 * CHEAP, "conversation", "hour")
    together = threading.Barrier(WORKERS)

    def begin(number: int) -> None:
        with closing(connection):
            together.wait()
            reserve(f"reply:{number}:1")

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(begin, range(WORKERS)))

    assert [window.reserved for window in BudgetPeriod.objects.all()] == [WORKERS * CHEAP] * 2


def test_one_call_that_many_workers_end_is_charged_once(reserve):
    budget(100 * CHEAP)
    reserve()
    together = threading.Barrier(WORKERS)

    def end(number: int) -> None:
        with closing(connection):
            together.wait()
            if number % 2:
                ledger.settle("reply:1:1", Usage(10, 10), outcome="stop", now=NOW)
            else:
                ledger.expire(NOW + timedelta(days=1))

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(end, range(WORKERS)))

    window = BudgetPeriod.objects.get()
    assert (window.spent, window.reserved) == (LedgerEntry.objects.get().amount, 0)


def test_a_limit_that_changes_meanwhile_is_kept_to(reserve):
    site = budget(50 * CHEAP)
    done = threading.Event()

    def change() -> None:
        chance = random.Random(1)
        with closing(connection):
            while not done.wait(0.005):
                Budget.objects.filter(pk=site.pk).update(limit=chance.randrange(50) * CHEAP)

    workers = [Worker(number, reserve) for number in range(3)]
    with ThreadPoolExecutor(4) as pool:
        changing = pool.submit(change)
        working = [pool.submit(worker.work) for worker in workers]
        for future in working:
            future.exception()
        done.set()

    assert [future.exception() for future in working] == [None] * 3
    changing.result()
    call_command("check_ledger")
