"""How long the threshold's page takes to route the last 30 days again, beside a do-nothing pass.

    python -m tests.load.cpu.rerouting [--database sqlite] [--decisions 100000] [--keep DIRECTORY]

Makes so many decisions with their conversations, messages and charges; `--keep` leaves a SQLite
site of them in that directory, to be looked at. Seconds, the median of several rounds.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from tests import services
from tests.tables import show

QUESTIONS = Path(__file__).parents[3] / "chatsite" / "demo" / "shop" / "questions.json"
DAYS, ROUNDS, BATCH = 30, 5, 2_000
# Answers of one conversation.
EACH = 2


def make(decisions: int) -> None:
    """Traffic whose scores are those of the sample shop's questions, spread by chance."""
    from django.utils import timezone

    from billing.models import LedgerEntry, Price
    from billing.prices.pricing import Usage, cost
    from chatsite.chat.models import Conversation, Message
    from routing import policies
    from routing.analysis import difficulty
    from routing.models import RouteDecision
    from routing.tier_choice import Tier, Turn

    chance, now, policy = random.Random(1), timezone.now(), policies.current()
    prices = {
        tier: Price.objects.in_force(model, "default", now).get()
        for tier, model in ((Tier.CHEAP, policy.cheap_model), (Tier.STRONG, policy.strong_model))
    }
    questions = [each["question"] for each in json.loads(QUESTIONS.read_text())]
    seen = [difficulty.signals(Turn(question, evidence=0.6)) for question in questions]
    scores = [difficulty.weigh(each).value for each in seen]

    conversations = [
        Conversation(visitor=f"visitor {number}") for number in range(-(-decisions // EACH))
    ]
    Conversation.objects.bulk_create(conversations, batch_size=BATCH)
    for first in range(0, decisions, BATCH):
        numbers = range(first, min(first + BATCH, decisions))
        asked, replies, routed, charged = [], [], [], []
        for number in numbers:
            conversation, place = conversations[number // EACH], 4 * (number % EACH)
            which = chance.randrange(len(questions))
            score = min(10.0, max(1.0, round(chance.gauss(scores[which], 1.2), 1)))
            tier = Tier.STRONG if score >= policy.threshold else Tier.CHEAP
            rating = chance.choice([1, 1, 1, -1]) if chance.random() < 0.03 else None
            at = now - timedelta(days=(DAYS - 0.1) * (1 - number / decisions))
            asked.append(
                Message(
                    conversation=conversation,
                    position=place + 1,
                    role="customer",
                    text=questions[which],
                )
            )
            replies.append(
                Message(
                    conversation=conversation,
                    position=place + 2,
                    role="assistant",
                    text="Certainly.",
                    attempt=1,
                    tier=tier,
                    rating=rating,
                )
            )
            routed.append((tier, score, which, at))
        Message.objects.bulk_create([*asked, *replies])
        decided = []
        for reply, (tier, score, which, at) in zip(replies, routed, strict=True):
            usage = Usage(chance.randint(800, 1600), chance.randint(40, 200))
            price = prices[tier]
            rate = price.rate
            decided.append(
                RouteDecision(
                    reference=reply.reference,
                    policy=policy,
                    tier=tier,
                    score=score,
                    threshold=policy.threshold,
                    analyzer="learned, first day",
                    reason=f"Score {score:g} against {policy.threshold:g}: one short question.",
                    features=_plain(seen[which]),
                    decided_at=at,
                )
            )
            charged.append(
                LedgerEntry(
                    reference=reply.charge_reference,
                    purpose="answer",
                    outcome="stop",
                    tier=tier,
                    conversation=reply.conversation.reference,
                    visitor=reply.conversation.visitor,
                    model_requested=price.model,
                    service_tier="default",
                    called_at=at,
                    settled_at=at,
                    input_tokens=usage.input_tokens,
                    cached_tokens=0,
                    cache_write_tokens=0,
                    output_tokens=usage.output_tokens,
                    reasoning_tokens=0,
                    estimated=False,
                    price=price,
                    price_assumed=False,
                    input_rate=rate.input,
                    cached_input_rate=rate.cached_input,
                    cache_write_rate=rate.cache_write,
                    output_rate=rate.output,
                    reserved=0,
                    amount=cost(usage, rate),
                )
            )
        RouteDecision.objects.bulk_create(decided)
        LedgerEntry.objects.bulk_create(charged)


def _plain(seen: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(seen)  # type: ignore[call-overload, no-any-return]  # always Signals


def passes() -> Iterator[tuple[str, Callable[[], object]]]:
    from django.db import connection
    from django.utils import timezone

    from billing.pacing import hourly_spending
    from chatsite.tuning.threshold import (
        budget_outlook,
        changed_replies,
        draft_policy,
        newest_replies,
    )
    from routing import policies
    from routing.models import Policy, RouteDecision

    versions = Policy.objects.in_bulk()
    policy = versions[policies.current().pk]
    since = timezone.now() - timedelta(days=DAYS)

    def nothing() -> object:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM routing_routedecision WHERE decided_at >= %s",
                [connection.ops.adapt_datetimefield_value(since)],
            )
            return list(cursor.fetchall())

    def one_by_one() -> object:
        rows = RouteDecision.objects.filter(decided_at__gte=since)
        return [decision.score >= 6.0 for decision in rows.iterator()]

    def routed(threshold: float) -> Callable[[], object]:
        draft = draft_policy.of(policy, policy, threshold)
        every = newest_replies.Window(DAYS, since, 0)  # uncut
        return lambda: draft_policy.replayed(draft, every, versions).replay.curve()

    def whole(threshold: float) -> Callable[[], object]:
        draft = draft_policy.of(policy, policy, threshold)

        def page() -> object:
            seen_in = newest_replies.of(DAYS)
            return draft_policy.preview(
                draft, seen_in, draft_policy.replayed(draft, seen_in, versions)
            )

        return page

    def fates() -> object:
        draft = draft_policy.of(policy, policy, 6.0)
        return changed_replies.fates(since, draft)

    def paced() -> object:
        now = timezone.now()
        return budget_outlook.traffic(hourly_spending.history("site", "", now), now)

    yield "do nothing: read the decisions' ids", nothing
    yield "one object for each decision", one_by_one
    yield "route again, at all 101 thresholds", routed(6.0)
    yield "what became of those that move, at 6", fates
    yield "all that the page shows, at 6", whole(6.0)
    yield "all that the page shows, at 1: most move", whole(1.0)
    yield "what a budget that paces itself looks at, each hour", paced


def measured(decisions: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name, run in passes():
        times = []
        for _ in range(ROUNDS):
            start, cpu = time.perf_counter(), time.process_time()
            run()
            times.append((time.perf_counter() - start, time.process_time() - cpu))
        wall = sorted(each[0] for each in times)[ROUNDS // 2]
        spent = sorted(each[1] for each in times)[ROUNDS // 2]
        rows.append({"pass": name, "seconds": f"{wall:.3f}", "of them CPU here": f"{spent:.3f}"})
    first = float(str(rows[0]["seconds"]))
    return [row | {"times nothing": float(str(row["seconds"])) / first} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        var = arguments.keep or stack.enter_context(tempfile.TemporaryDirectory())
        os.environ |= {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
        if arguments.database == "postgresql":
            os.environ["DATABASE_URL"] = stack.enter_context(services.postgresql()).url
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        call_command("load_shop", stdout=sys.stdout)
        make(arguments.decisions)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        title = f"{arguments.database}: {arguments.decisions:,} decisions of {DAYS} days"
        show(title, measured(arguments.decisions))
        connection.close()


if __name__ == "__main__":
    main()
