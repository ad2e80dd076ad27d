"""What indexes cost on the way of a message: `python -m tests.load.cpu.index_cost`.

    DATABASE_URL=... python -m tests.load.cpu.index_cost [--times 300]

Where rows are already (`tests.load.pages.million --keep`): a message with its answer, and a call
reserved and settled, with these indexes and without them, in turns. All is rolled back.
"""

import argparse
import os
import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import django
from django.db import connection, transaction
from django.utils import timezone

from tests.tables import show

ROUNDS = 6
ROOM = 10**15  # nano-dollars
WORDS = "Standard delivery takes two to four working days and is free from 40 euros. " * 8
SAID = ["insert", "update", "update_1", "update_2", "delete"]


def without_search() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE chat_message DISABLE TRIGGER USER")
        else:
            for name in SAID:
                cursor.execute(f"DROP TRIGGER IF EXISTS chat_said_{name}")
        cursor.execute("DROP INDEX chat_failed_answers")


def without_windows() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX billing_newest_periods")


def message(number: int) -> None:
    """Asked, answered and stored, by as many statements as it takes."""
    with connection.cursor() as cursor:
        for role, state, position in (("customer", "complete", 1), ("assistant", "pending", 2)):
            deadline = timezone.now() if state == "pending" else None
            cursor.execute(
                "INSERT INTO chat_message (conversation_id, position, role, state, text, client_id,"
                " created_at, attempt, tries, waits, deadline, tier, failure, sources, stage,"
                " draft, rating_note, retries) VALUES"
                " (%s, %s, %s, %s, %s, %s, %s, 0, 0, 0, %s, '', '', '[]', '', '', '', 0)",
                [
                    *(1, 1000 * number + position, role, state, WORDS[:80]),
                    *(None, _now(), deadline and _now()),
                ],
            )
        where = "WHERE conversation_id = 1 AND position = %s"
        position = 1000 * number + 2
        cursor.execute(
            f"UPDATE chat_message SET state = 'writing', text = '', lease_until = %s {where}",
            [_now(), position],
        )
        cursor.execute(
            "UPDATE chat_message SET state = 'complete', text = %s, lease_until = NULL,"
            f" deadline = NULL {where}",
            [WORDS, position],
        )


def call(number: int) -> None:
    from billing import ledger
    from billing.ledger import Call
    from billing.prices.pricing import Usage

    now = timezone.now()
    reference = f"cost:{number}:{uuid.uuid4()}"
    # Every third begins a conversation, which has windows of its own.
    told = f"conversation:{10**9 + number // 3}"
    asked = Call(reference, "answer", "gpt-3.5-turbo", "cheap", told, "someone")
    ledger.reserve(asked, Usage(500, 500), expires_at=now + timedelta(minutes=2), now=now)
    ledger.settle(reference, Usage(500, 100), outcome="stop", now=now)


def _now() -> Any:
    return connection.ops.adapt_datetimefield_value(timezone.now())


def median(work: Callable[[int], None], times: int) -> float:
    """Milliseconds."""
    took = []
    for number in range(1, times + 1):
        start = time.perf_counter()
        work(number)
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def compared(work: Callable[[int], None], without: Callable[[], None], times: int) -> list[float]:
    from billing.models import Budget

    found: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * ROUNDS):
        with transaction.atomic():
            Budget.objects.update(limit=ROOM)
            if turn % 2:
                without()
            found[turn % 2].append(median(work, times))
            transaction.set_rollback(True)
    return [statistics.median(each) for each in found]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=300)
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    rows = []
    for name, work, without in (
        ("a message and its answer", message, without_search),
        ("a call reserved and settled", call, without_windows),
    ):
        with_them, bare = compared(work, without, options.times)
        rows.append({"": name, "ms": f"{with_them:.3f}", "ms without": f"{bare:.3f}"})
    show(f"{connection.vendor}: medians of {ROUNDS} rounds of {options.times}", rows)


if __name__ == "__main__":
    main()
