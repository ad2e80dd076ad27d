"""How quick the admin is over a million entries: `python -m tests.load.pages.million`.

    python -m tests.load.pages.million [--database sqlite postgresql] [--only ledger] [--keep DIR]

Makes the rows in a database of its own, then asks every page of the admin several times, signed in,
and prints the median in milliseconds (of a download, until it begins) and how many queries it took.
Fails where a page took longer than BEARABLE or asked more than MOST_QUERIES. Some ten minutes for
both databases; with --keep, the rows stay in that folder, are brought up to date by migrations, and
are measured again.
"""

import argparse
import contextlib
import html
import io
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django

from tests import services
from tests.tables import show

if TYPE_CHECKING:
    from django.test import Client

# Milliseconds.
BEARABLE = {"postgresql": 300.0, "sqlite": 1000.0}
MOST_QUERIES = 15
ROOT = Path(__file__).parents[3]


def pages(client: "Client") -> Iterator[tuple[str, str]]:
    """Name and address of each; of lists, also of what their sorts, filters and dates lead to."""
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
        links = re.findall(r'href="(\?[^"]+)"', client.get(address).content.decode())
        for query in sorted({html.unescape(link) for link in links}):
            yield f"{name}, {query}", address + query
        if one := model._default_manager.order_by("pk").first():
            yield f"{name}, one", reverse(f"admin:{name}_change", args=[one.pk])
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
    visitors = reverse("admin:billing_visitors")
    for query in (
        *("period=7", "period=30", f"period=custom&from={year}&to={today}", "period=30&page=20"),
        *(f"period=30&sort={sort}" for sort in ("cost", "-conversations", "-active")),
        *("period=30&q=visitor-00", "period=30&cost=1.00"),
    ):
        yield f"visitors, {query}", f"{visitors}?{query}"
    yield "visitors, CSV", f"{reverse('admin:billing_visitors_export')}?period=30"
    day = f"called_at__gte={today - timedelta(days=1)}&called_at__lt={today}"
    yield "entries, CSV of a day", f"{reverse('admin:billing_ledgerentry_export')}?{day}"
    conversations = reverse("admin:chat_conversation_changelist")
    for query in (
        *(
            "q=delivery",
            "q=gift",
            "q=xylophone",
            "q=gift+card&o=4",
            "q=gift+card&o=-4",
            "q=返品&o=4",
            "q=conversation:777",
        ),
        *("failures=yes", "tier=strong", "active=7"),
        *("cost=0.10", "cost=1.00", "o=-4", "o=4", "active=7&o=-4", "cost=0.10&o=-4"),
    ):
        yield f"conversations, {query}", f"{conversations}?{query}"
    yield "conversations, CSV", f"{reverse('admin:chat_conversation_export')}?cost=0.10"
    yield "threshold", reverse("tuning:threshold")
    yield "threshold, 30 days", f"{reverse('tuning:threshold')}?days=30"
    yield from quality_pages(client)
    middle = Conversation.objects.order_by("pk")[1000].pk
    yield "transcript", reverse("admin:chat_conversation_change", args=[middle])


def quality_pages(client: "Client") -> Iterator[tuple[str, str]]:
    """The quality page over each period and by each filter, what it leads to, what is beside it."""
    from django.urls import reverse
    from django.utils import timezone

    today = timezone.localdate()
    page = reverse("monitor:quality")
    year = today - timedelta(days=365)
    wide = f"period=custom&from={year}&to={today}"
    shown = client.get(f"{page}?{wide}").content.decode()
    chosen = [
        f"{name}={options[len(options) // 2]}"
        for name in ("tier", "model", "task_type", "policy", "language")
        if (options := re.findall(rf'narrow-{name}"(.*?)</select>', shown, re.DOTALL))
        and (options := re.findall(r'(?:value="|<option>)([^"<]+)', options[0]))
    ]
    for query in (
        *("period=today", "period=7", "period=30", "period=month", wide),
        *(f"{wide}&{each}" for each in chosen),
        f"{wide}&{'&'.join(chosen)}",
    ):
        yield f"quality, {query}", f"{page}?{query}"
    yield "quality, CSV", f"{reverse('monitor:export')}?{wide}"
    start, week = (f"{today - timedelta(days=ago)}T00:00:00%2B00:00" for ago in (30, 7))
    listed = f"{reverse('monitor:answers')}?to={today}T00:00:00%2B00:00"
    for kind in ("all", "rated", "unhelpful", "doubted", "failed", "judged", "unresolved", "ended"):
        yield f"quality, answers of 30 days, {kind}", f"{listed}&from={start}&what={kind}"
    for kind in ("slow", "late", "all&language=de", "all&tier=strong&task_type=Returns"):
        yield f"quality, answers of a week, {kind}", f"{listed}&from={week}&what={kind}"
    for name in ("people", "gaps", "grade"):
        yield f"quality, {name}", reverse(f"monitor:{name}")
    yield "quality, routing mistakes", reverse("routing_mistakes:list")
    yield "quality, tests", reverse("answer_tests:index")
    yield "quality, monthly report", reverse("monthly_report:report")


def made(conversations: int) -> str:
    """Have the rows, unless they are there; in words."""
    from django.core.management import call_command

    from billing.models import LedgerEntry
    from chatsite.chat.models import Conversation
    from chatsite.monitor.models import AnswerDay
    from chatsite.monitor.tasks import find_gaps
    from chatsite.routing_mistakes.tasks import find_mistakes
    from tests.load.traffic import Traffic

    began = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()):
        call_command("setup")
        call_command("load_shop")
    if not Conversation.objects.exists():
        Traffic(conversations, days=45).write()
    if not AnswerDay.objects.exists():
        _count_answers()
    tasks_began = time.monotonic()
    find_gaps.apply()
    find_mistakes.apply()
    nightly = f"the night's results in {time.monotonic() - tasks_began:.0f} s"
    rows = f"{Conversation.objects.count()} conversations, {LedgerEntry.objects.count()} entries"
    return f"{rows}, in {time.monotonic() - began:.0f} s, {nightly}"


def _count_answers() -> None:
    """What `rollups` counts hour by hour, in one statement; who wrote next is left out."""
    from django.conf import settings
    from django.db import connection, transaction
    from django.utils import timezone

    from chatsite.monitor.models import AnswerHour, Refresh
    from chatsite.monitor.rollups import BOUNDS, FIRST_BOUNDS, add_up

    is_sqlite = connection.vendor == "sqlite"
    hour = "DATE_TRUNC('hour', m.ended_at, 'UTC')"
    took = "EXTRACT(EPOCH FROM m.ended_at - m.created_at)"
    if is_sqlite:
        hour = "STRFTIME('%%Y-%%m-%%d %%H:00:00', m.ended_at)"
        took = "86400 * (JULIANDAY(m.ended_at) - JULIANDAY(m.created_at))"
    sums = {
        "answers": "TRUE",
        "helpful": "m.rating = 1",
        "unhelpful": "m.rating = -1",
        "resolved": "m.state = 'complete' AND COALESCE(m.rating, 0) <> -1",
        "checked": "c.id IS NOT NULL",
        "doubted": "c.doubt >= c.threshold",
        "escalated": "c.outcome = 'replaced'",
        "judged": "l.id IS NOT NULL",
        "last": "m.position = v.revision",
        "last_failed": "m.position = v.revision AND m.state <> 'complete'",
        "last_unrated": "m.position = v.revision AND m.state = 'complete' AND m.rating IS NULL",
        **{f"within_{bound}": f"{took} <= {bound}" for bound in BOUNDS},
        "first_words": "m.first_words_ms IS NOT NULL",
        **{f"first_within_{bound}": f"m.first_words_ms <= {bound}" for bound in FIRST_BOUNDS},
    }
    kinds = ["tier", "model", "task_type", "policy", "failure", "language"]
    rest = ["asked_again", "handed_over", "with_sources", "judged_both", "judged_strong"]
    columns = ["hour", *kinds, *sums, "judged_cheap", *rest]
    counted = ", ".join(f"SUM(CASE WHEN {true} THEN 1 ELSE 0 END)" for true in sums.values())
    sql = f"""
        INSERT INTO {AnswerHour._meta.db_table} ({", ".join(columns)})
        SELECT {hour}, m.tier, CASE m.tier WHEN 'strong' THEN p.strong_model ELSE p.cheap_model END,
            d.task_type, p.version, m.failure, m.language, {counted},
            SUM(COALESCE(l.cheap, 0)), {", ".join("0" for _ in rest)}
        FROM chat_message m
        JOIN chat_conversation v ON v.id = m.conversation_id
        JOIN routing_routedecision d ON d.reference = 'reply:' || m.id
        JOIN routing_policy p ON p.id = d.policy_id
        LEFT JOIN routing_answercheck c ON c.reference = d.reference
        LEFT JOIN quality_qualitylabel l ON l.reply_id = m.id AND l.source = 'judged'
        WHERE m.ended_at IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6, 7
    """
    with transaction.atomic(), connection.cursor() as cursor:
        AnswerHour.objects.all().delete()
        cursor.execute(sql, [])
        add_up(None)
        known = {"at": timezone.now(), "zone": settings.TIME_ZONE}
        Refresh.objects.update_or_create(id=1, defaults=known)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if is_sqlite else "VACUUM ANALYZE")


def measure(database: str, title: str, only: str, times: int) -> bool:
    """Whether all pages were quick enough."""
    from django.contrib.auth.models import User
    from django.db import connection, reset_queries
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    rights = {"is_staff": True, "is_superuser": True}
    client.force_login(User.objects.get_or_create(username="measured", defaults=rights)[0])
    rows: list[dict[str, object]] = []
    everything: list[float] = []
    # What their links lead to takes a minute to find.
    found = quality_pages(client) if only.startswith("quality") else pages(client)
    for name, address in found:
        if only not in name:
            continue
        took = []
        for turn in range(times):
            reset_queries()  # Django keeps the last 9,000
            with CaptureQueriesContext(connection) as queries:
                start = time.perf_counter()
                response = client.get(address, follow=False)
                rest = iter(response) if response.streaming else iter([response.content])
                next(rest)  # of what is streamed, when it begins to come
                took.append((time.perf_counter() - start) * 1000)
                deque(rest, maxlen=0)
            if turn and statistics.median(took) > 5 * BEARABLE[database]:
                break
        everything += took
        middle = statistics.median(took)
        slow = middle > BEARABLE[database] or len(queries) > MOST_QUERIES
        rows.append(
            {
                "page": name,
                "status": response.status_code,
                "queries": len(queries),
                "ms": middle,
                "p95": _p95(took),
                "": "slow" if slow else "",
            }
        )
    show(f"{database}: {title}", rows)
    medians = [float(str(row["ms"])) for row in rows]
    summary: dict[str, object] = {
        "pages": len(rows),
        "slow": sum(bool(row[""]) for row in rows),
        "slowest, median ms": max(medians),
        "p95 of pages": _p95(medians),
        "p95 of requests": _p95(everything),
        "most queries": max(int(str(row["queries"])) for row in rows),
    }
    show(f"{database}: in all", [summary])
    return not any(row[""] or int(str(row["status"])) >= 400 for row in rows)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", nargs="*", default=list(BEARABLE), choices=list(BEARABLE))
    parser.add_argument("--conversations", type=int, default=200_000)
    parser.add_argument("--only", default="", help="pages whose name holds this")
    parser.add_argument("--times", type=int, default=5, help="how often each is asked")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the rows stay")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
        django.setup()
        title = made(options.conversations)
        quick = measure(options.database[0], title, options.only, options.times)
        return 0 if quick else 1
    results = []
    for database in options.database:
        with contextlib.ExitStack() as stack:
            kept = options.keep and options.keep.resolve() / database
            folder = kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            var = folder / "var"
            var.mkdir(parents=True, exist_ok=True)
            environment = os.environ | {"VAR_DIR": str(var), "DATABASE_URL": ""}
            if database == "postgresql":
                server = stack.enter_context(services.postgresql(kept))
                environment["DATABASE_URL"] = server.url
            command = [sys.executable, "-m", "tests.load.pages.million", "--here"]
            command += ["--database", database, "--only", options.only]
            command += ["--conversations", str(options.conversations)]
            command += ["--times", str(options.times)]
            results.append(subprocess.run(command, env=environment, cwd=ROOT).returncode)
    return max(results)


if __name__ == "__main__":
    sys.exit(main())
