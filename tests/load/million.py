"""How quick the admin is over a million entries: `python -m tests.load.million`.

    python -m tests.load.million [--database sqlite postgresql] [--only ledger]

Makes the rows in a database of its own, then asks every page of the admin several times, signed in,
and prints the median in milliseconds and how many queries it took. Fails where a page took longer
than BEARABLE. Some three minutes for both databases.
"""

import argparse
import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import django

from tests import services
from tests.tables import show

# Milliseconds.
BEARABLE = {"postgresql": 300.0, "sqlite": 1000.0}
TIMES = 5


def pages() -> Iterator[tuple[str, str]]:
    """Name and address of each."""
    from django.contrib import admin
    from django.urls import reverse
    from django.utils import timezone

    from chatsite.chat.models import Conversation

    today = timezone.localdate()
    month = today.replace(day=1)
    yield "index", reverse("admin:index")
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        address = reverse(f"admin:{name}_changelist")
        yield name, address
        yield f"{name}, third page", f"{address}?p=3"
        columns = admin.site._registry[model].list_display
        sorts = admin.site._registry[model].sortable_by or columns
        for column in (place for place, each in enumerate(columns, start=1) if each in sorts):
            yield f"{name}, column {column} down", f"{address}?o=-{column}"
    entries = reverse("admin:billing_ledgerentry_changelist")
    for query in (
        "q=reply:12345",
        "outcome=timeout",
        "model_requested=gpt-4&tier=strong",
        "estimated__exact=1",
        f"called_at__gte={month}&called_at__lt={today}&outcome=length",
        f"called_at__gte={today - timedelta(days=3)}&called_at__lt={today}&tier=cheap",
    ):
        yield f"entries, {query}", f"{entries}?{query}"
    costs = reverse("admin:billing_costs")
    last = month - timedelta(days=1)
    year = today - timedelta(days=365)
    for query in (
        *(f"period={period}" for period in ("today", "7", "30", "month", "last")),
        f"period=custom&from={year}&to={today}",
        "period=30&tier=strong&purpose=answer",
    ):
        yield f"costs, {query}", f"{costs}?{query}"
    export = reverse("admin:billing_costs_export")
    yield "costs, CSV of a month", f"{export}?period=custom&month={last:%Y-%m}"
    conversations = reverse("admin:chat_conversation_changelist")
    for query in (
        *("q=delivery", "q=conversation:777", "failures=yes", "tier=strong", "active=7"),
        *("cost=0.10", "cost=1.00", "o=-4", "o=4", "active=7&o=-4", "cost=0.10&o=-4"),
    ):
        yield f"conversations, {query}", f"{conversations}?{query}"
    yield "conversations, CSV", f"{reverse('admin:chat_conversation_export')}?cost=0.10"
    middle = Conversation.objects.order_by("pk")[1000].pk
    yield "transcript", reverse("admin:chat_conversation_change", args=[middle])


def measure(database: str, conversations: int, only: str) -> bool:
    """Whether all pages were quick enough."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection, reset_queries
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tests.load.traffic import Traffic

    began = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()):
        call_command("setup")
        call_command("load_shop")
    traffic = Traffic(conversations, days=45)
    traffic.write()
    made = time.monotonic() - began
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create(username="measured", is_staff=True, is_superuser=True))
    rows: list[dict[str, object]] = []
    for name, address in pages():
        if only not in name:
            continue
        times = []
        for turn in range(TIMES):
            reset_queries()  # Django keeps the last 9,000
            with CaptureQueriesContext(connection) as queries:
                start = time.perf_counter()
                response = client.get(address, follow=False)
                b"".join(response) if response.streaming else response.content
                times.append((time.perf_counter() - start) * 1000)
            if turn and statistics.median(times) > 5 * BEARABLE[database]:
                break
        rows.append(
            {
                "page": name,
                "status": response.status_code,
                "queries": len(queries),
                "ms": statistics.median(times),
                "": "slow" if statistics.median(times) > BEARABLE[database] else "",
            }
        )
    title = f"{database}: {conversations} conversations, {traffic.entries} entries, in {made:.0f} s"
    show(title, rows)
    return not any(row[""] or row["status"] != 200 for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", nargs="*", default=list(BEARABLE), choices=list(BEARABLE))
    parser.add_argument("--conversations", type=int, default=200_000)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        django.setup()
        return 0 if measure(options.database[0], options.conversations, options.only) else 1
    results = []
    for database in options.database:
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"VAR_DIR": folder, "DATABASE_URL": ""}
            command = [sys.executable, "-m", "tests.load.million", "--here"]
            command += ["--database", database, "--only", options.only]
            command += ["--conversations", str(options.conversations)]
            if database == "postgresql":
                with services.postgresql() as server:
                    done = subprocess.run(command, env=environment | {"DATABASE_URL": server.url})
            else:
                done = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2])
            results.append(done.returncode)
    return max(results)


if __name__ == "__main__":
    sys.exit(main())
