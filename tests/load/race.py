"""Many processes on one ledger, killed in the middle: `python -m tests.load.race`.

    python -m tests.load.race [--database sqlite postgresql]

Each worker is a process that reserves and ends calls on tight budgets of several scopes; killed
ones are started again until all operations are done. What they left is charged by `expire`. Fails
where a window was overspent, or a window, tally or cost differs from the ledger.
"""

import argparse
import contextlib
import ctypes
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import MutableSequence, Sequence
from datetime import timedelta
from multiprocessing.context import ForkProcess

import django

from tests import services
from tests.tables import show

WORKERS = {"sqlite": 16, "postgresql": 64}
OPERATIONS = 60  # of each
EVERY = 0.1  # seconds between two kills, and two looks at the windows
LEFT = 0.1  # of the calls are never ended by their worker

Counts = MutableSequence[int]  # one of each worker, in memory that the processes share


def work(number: int, begun: Counts, ended: Counts) -> None:
    """What is left of one worker's operations; the one it was killed in is not begun again."""
    from tests.billing.conftest import reserve
    from tests.billing.test_race import Worker

    worker = Worker(number, reserve)
    while begun[number] < OPERATIONS:
        begun[number] += 1
        chance = random.Random(f"{number}:{begun[number]}")
        worker.begin(f"reply:{number}:{begun[number]}", chance)
        if worker.open and chance.random() > LEFT:
            worker.end(worker.open.pop(), chance)
        worker.open.clear()
        ended[number] = begun[number]


def watch(most: "ctypes.c_longlong") -> None:
    """Until killed: note the most that was overspent, and charge what is open."""
    from billing import ledger
    from tests.billing.conftest import NOW
    from tests.billing.test_race import overspent

    while True:
        most.value = max(most.value, overspent() or 0)
        ledger.expire(NOW + timedelta(days=1))
        time.sleep(EVERY)


def race(database: str) -> dict[str, object]:
    from django.db import connection

    from billing import ledger, ledger_proof, tallies
    from billing.models import Budget, Hold, LedgerEntry
    from tests.billing.conftest import CHEAP, NOW, STRONG, budget, set_prices
    from tests.billing.test_race import overspent

    workers = WORKERS[database]
    Budget.objects.update(active=False)
    set_prices()
    budget(workers * 14 * STRONG)
    budget(workers * 10 * STRONG, "tier", "day", "strong")
    budget(workers * 12 * CHEAP, "tier", "day", "cheap")
    budget(workers * 4 * STRONG, "conversation", "day")
    # No process inherits a connection: neither this one nor a pool's.
    connection.close()
    if database == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # of PostgreSQL alone

    fork = multiprocessing.get_context("fork")
    begun, ended = (fork.RawArray(ctypes.c_int, workers) for _ in range(2))
    most = fork.RawValue(ctypes.c_longlong, 0)
    watching = fork.Process(target=watch, args=(most,))
    chance = random.Random(1)
    kills, midway, failed = 0, 0, 0
    start = time.monotonic()

    def started(number: int) -> ForkProcess:
        process = fork.Process(target=work, args=(number, begun, ended))
        process.start()
        return process

    watching.start()
    running = {number: started(number) for number in range(workers)}
    while running:
        # Without the database, which would make the killer wait for those it is to kill.
        time.sleep(EVERY)
        running[chance.choice(list(running))].kill()
        for number, process in list(running.items()):
            if process.exitcode is None:
                continue
            kills += process.exitcode < 0
            midway += begun[number] > ended[number]
            failed += process.exitcode > 0
            ended[number] = begun[number]
            del running[number]
            if begun[number] < OPERATIONS:
                running[number] = started(number)
    watching.kill()
    watching.join()
    while ledger.expire(NOW + timedelta(days=1)):
        pass
    seconds = time.monotonic() - start
    entries = LedgerEntry.objects.all()
    differences = (
        len(ledger_proof.differences()) + len(tallies.differences()) + Hold.objects.count()
    )
    granted = entries.values("reference").distinct().count()
    return {
        "database": database,
        "workers": workers,
        "operations": sum(begun),
        "kills": kills,
        "amid an operation": midway,
        "granted": granted,
        "refused or killed before": sum(begun) - granted,
        "expired": entries.filter(outcome="expired").count(),
        "overspent": max(most.value, overspent() or 0),
        "charged twice": entries.count() - granted,
        "differences": differences,
        "failed": failed,
        "seconds": seconds,
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Race many killed workers on one ledger.")
    parser.add_argument("--database", choices=WORKERS, default="sqlite")
    database = parser.parse_args(arguments).database
    with contextlib.ExitStack() as stack:
        os.environ["VAR_DIR"] = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.pop("DATABASE_URL", None)
        if database == "postgresql":
            os.environ["DATABASE_URL"] = stack.enter_context(services.postgresql()).url
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        row = race(database)
        show("A race on the ledger", [row])
    wrong = ("overspent", "charged twice", "differences", "failed")
    return int(any(row[name] for name in wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
