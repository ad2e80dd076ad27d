"""A shop's traffic as rows, written in bulk: so many conversations over so many days until now.

    DATABASE_URL=... python -m tests.load.traffic [--conversations 2600] [--days 45]

Busy by day and quiet at night, quieter at weekends, a little more each week; a third of the answers
from the strong tier; failures, retries, cut and escalated answers among them. The same for the same
seed. For a database that `manage.py setup` and `load_shop` have made and nobody has written in.
"""

import argparse
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.db import connection, transaction
from django.utils import timezone

from tests.load.bulk import Table, at, key

SHOP = Path(__file__).parents[2] / "chatsite" / "demo" / "shop"
ROWS_AT_ONCE = 20_000
SEED = 4

# Of a day's conversations, by hour; the shop sleeps, but its customers abroad do not.
HOURS = [2, 1, 1, 1, 1, 2, 4, 8, 14, 20, 24, 25, 22, 21, 22, 23, 22, 20, 18, 19, 20, 16, 10, 5]
# Monday to Sunday.
WEEKDAYS = [1.15, 1.1, 1.0, 1.0, 0.95, 0.7, 0.6]
GROWTH = 0.01  # a day

# How answers end, by share; an attempt that failed is followed by another.
ENDS = {"stop": 0.945, "length": 0.015, "abandoned": 0.005}
FAILURES = {"overloaded": 0.5, "timeout": 0.3, "broken": 0.2}
ESCALATED = 0.03  # of cheap answers
SCORED = 0.12  # of replies, by a call
RATED = 0.06  # of complete answers, a fifth of them not helpful
DOUBTED = 0.6
LABELLED = 0.3  # of complete answers, by what the customer did next
JUDGED = 0.002  # of cheap answers
LANGUAGES = {"en": 0.7, "de": 0.15, "fr": 0.08, "": 0.07}
TASK_TYPES = ("", "Delivery", "Returns", "Warranty", "Opening hours", "Gift cards", "Orders")
STRONG = 0.22
ANSWERS = (
    "Standard delivery takes two to four working days and is free from 40 euros.",
    "You can return what you have not used within 30 days; the label is in the parcel.",
    "The pen is guaranteed for two years: please send us a picture of the nib.",
    "We are open from Monday to Saturday, 10:00 to 18:00.",
)


@dataclass(frozen=True, slots=True)
class Tier:
    name: str
    model: str
    price: Any  # its row
    words: float  # of the mean answer, as tokens
    first: float  # seconds to the first token
    speed: float  # tokens a second


def starts(count: int, days: int, dice: random.Random) -> Iterator[datetime]:
    """When conversations begin, in UTC without the zone, in order."""
    now = timezone.now().astimezone(UTC).replace(tzinfo=None)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [
        (
            midnight - timedelta(days=ago) + timedelta(hours=hour),
            HOURS[hour]
            * WEEKDAYS[(midnight - timedelta(days=ago)).weekday()]
            * (1 + GROWTH * (days - ago))
            * dice.uniform(0.85, 1.15),
        )
        for ago in range(days - 1, -1, -1)
        for hour in range(24)
    ]
    open_hours = [(hour, weight) for hour, weight in hours if hour < now]
    chosen = dice.choices(
        [hour for hour, _ in open_hours], [weight for _, weight in open_hours], k=count
    )
    moments = (hour + timedelta(seconds=dice.uniform(0, 3600)) for hour in chosen)
    return iter(sorted(min(moment, now - timedelta(minutes=5)) for moment in moments))


class Traffic:
    """Writes conversations with all that hangs on them: messages, decisions, entries, windows."""

    def __init__(self, conversations: int, days: int, *, messages: bool = True) -> None:
        from billing.models import Budget, LedgerEntry, Price
        from chatsite.chat.models import Conversation, Message
        from chatsite.quality.models import QualityLabel
        from routing.models import AnswerCheck, Policy, RouteDecision

        self.count, self.days, self.with_messages = conversations, days, messages
        self.dice = random.Random(SEED)
        # What came later has dice of its own: the rest stays as it was.
        self.more = random.Random(SEED + 1)
        policy = Policy.objects.in_force().get()
        self.policy = policy
        prices = {
            price.model: price
            for price in Price.objects.filter(service_tier="default").order_by("effective_from")
        }
        self.cheap = Tier("cheap", policy.cheap_model, prices[policy.cheap_model], 110, 0.5, 70)
        self.strong = Tier("strong", policy.strong_model, prices[policy.strong_model], 210, 1.1, 28)
        self.budgets = list(
            Budget.objects.filter(active=True, scope__in=["site", "conversation", "visitor"])
        )
        self.spent: dict[tuple[int, datetime, str], int] = defaultdict(int)
        self.window_of: dict[tuple[int, datetime, str], int] = {}
        self.messages = self.entries = 0
        questions = json.loads((SHOP / "questions.json").read_text())
        self.questions = [each["question"] for each in questions]
        self.tables = {
            "conversations": Table(
                Conversation,
                *("id", "public_id", "visitor", "revision", "created_at", "active_at"),
            ),
            "messages": Table(
                Message,
                *("id", "conversation_id", "position", "role", "state", "text", "client_id"),
                *("created_at", "attempt", "ended_at", "tier", "failure", "rating"),
                *("language", "first_words_ms"),
            ),
            "decisions": Table(
                RouteDecision,
                *("reference", "policy_id", "tier", "score", "threshold", "analyzer", "reason"),
                *("features", "decided_at", "task_type"),
            ),
            "verdicts": Table(
                AnswerCheck,
                *("reference", "call", "doubt", "threshold", "verifier", "findings", "features"),
                *("outcome", "checked_at"),
            ),
            "labels": Table(QualityLabel, "reply_id", "source", "cheap", "weight", "said_at"),
            "entries": Table(
                LedgerEntry,
                *("reference", "purpose", "outcome", "tier", "conversation", "visitor"),
                *("model_requested", "model_returned", "service_tier", "called_at", "settled_at"),
                *("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens"),
                *("reasoning_tokens", "estimated", "price_id", "price_assumed", "input_rate"),
                *("cached_input_rate", "cache_write_rate", "output_rate", "reserved", "amount"),
                *("compared_amount", "windows"),
            ),
        }

    def write(self) -> None:
        """In one transaction; tallies are then made from the ledger, as any other site's."""
        from billing import tallies

        with transaction.atomic():
            for number, began in enumerate(starts(self.count, self.days, self.dice), start=1):
                self._conversation(number, began)
                if len(self.tables["entries"].rows) >= ROWS_AT_ONCE:
                    self._flush()
            self._flush()
            self._windows()
            if connection.vendor == "postgresql":
                self._sequences()
            tallies.rebuild()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")

    def _flush(self) -> None:
        for table in self.tables.values():
            table.write()

    def _conversation(self, number: int, now: datetime) -> None:
        dice = self.dice
        began, position = now, 0
        visitor = f"visitor-{int(dice.paretovariate(1.1) * 1000) % max(1, self.count // 3):06}"
        turns = min(15, 1 + int(dice.expovariate(1 / 3.7)))
        hard = dice.random() < 0.35
        for turn in range(turns):
            strong = dice.random() < (STRONG * (2.2 if hard else 0.5))
            asked = dice.choice(self.questions)
            ended, end, attempt = self._reply(number, visitor, self.messages + 2, turn, strong, now)
            if self.with_messages:
                self._said(number, position, asked, now, ended, end, attempt, strong)
            self.messages += 2
            position += 2
            now = ended + timedelta(seconds=dice.expovariate(1 / 70) + 8)
        self.tables["conversations"].add(number, key(number), visitor, position, at(began), at(now))

    def _said(
        self,
        conversation: int,
        position: int,
        asked: str,
        now: datetime,
        ended: datetime,
        end: str,
        attempt: int,
        strong: bool,
    ) -> None:
        question, reply = self.messages + 1, self.messages + 2
        state, failure = {"length": ("cut", "length"), "failed": ("failed", "unavailable")}.get(
            end, ("complete", "")
        )
        tier = self.strong.name if strong else self.cheap.name
        text = "" if end == "failed" else self.dice.choice(ANSWERS)
        rating = None
        if state == "complete" and self.dice.random() < RATED:
            rating = -1 if self.dice.random() < 0.2 else 1
        add = self.tables["messages"].add
        add(
            *(question, conversation, position + 1, "customer", "complete", asked, key(question)),
            *(at(now), 0, None, "", "", None, "", None),
        )
        [language] = self.more.choices(list(LANGUAGES), list(LANGUAGES.values()))
        first = (self.strong if strong else self.cheap).first * self.more.lognormvariate(0, 0.4)
        add(
            *(reply, conversation, position + 2, "assistant", state, text, None),
            *(at(now), attempt, at(ended), tier, failure, rating),
            *(language, round(1000 * first) if text else None),
        )
        score = self.dice.uniform(7, 10) if strong else self.dice.uniform(1, 6.9)
        reason = "several questions" if strong else "one plain question"
        self.tables["decisions"].add(
            *(f"reply:{reply}", self.policy.pk, tier, round(score, 1), 7.0, "rules", reason),
            *("{}", at(now), self.more.choice(TASK_TYPES)),
        )
        if state == "complete":
            self._judged(reply, attempt, strong, rating, ended)

    def _judged(
        self, reply: int, attempt: int, strong: bool, rating: int | None, ended: datetime
    ) -> None:
        if not strong:
            doubt = round(self.dice.betavariate(1.2, 6), 3)
            outcome = "replaced" if doubt >= DOUBTED else "trusted"
            self.tables["verdicts"].add(
                *(f"reply:{reply}", f"reply:{reply}:{attempt}", doubt, DOUBTED, "prior", "[]"),
                *("{}", outcome, at(ended)),
            )
        add = self.tables["labels"].add
        if rating is not None:
            add(reply, "rating", (rating + 1) / 2, 0.8, at(ended))
        if self.dice.random() < LABELLED:
            add(reply, "follow_up", round(self.dice.random(), 2), 0.3, at(ended))
        if not strong and self.more.random() < JUDGED:
            add(reply, "judged", round(self.more.betavariate(6, 2), 1), 1.0, at(ended))

    def _reply(
        self, conversation: int, visitor: str, reply: int, turn: int, strong: bool, now: datetime
    ) -> tuple[datetime, str, int]:
        """When and how the reply ended, and after how many attempts."""
        dice = self.dice
        tier = self.strong if strong else self.cheap
        if dice.random() < SCORED:
            now = self._call(
                f"score:{reply}:1",
                "scoring",
                "stop",
                self.cheap,
                conversation,
                visitor,
                300,
                12,
                0,
                now,
            )
        prompt = 380 + 260 * turn + int(dice.uniform(0, 500))
        cached = prompt * 6 // 10 if turn and dice.random() < 0.6 else 0
        for attempt in range(1, 5):
            written = min(690, 20 + int(dice.lognormvariate(0, 0.5) * tier.words))
            [end] = dice.choices([*ENDS, "fails"], [*ENDS.values(), 1 - sum(ENDS.values())])
            outcome = end
            if end == "fails":
                [outcome] = dice.choices(list(FAILURES), list(FAILURES.values()))
            elif end == "stop" and tier is self.cheap and dice.random() < ESCALATED:
                outcome = "escalated"
            now = self._call(
                f"reply:{reply}:{attempt}",
                "answer",
                outcome,
                tier,
                conversation,
                visitor,
                prompt,
                written,
                cached,
                now,
            )
            if outcome == "escalated":
                tier = self.strong
            elif end in {"stop", "length"}:
                return now, end, attempt
        return now, "failed", attempt

    def _call(
        self,
        reference: str,
        purpose: str,
        outcome: str,
        tier: Tier,
        conversation: int,
        visitor: str,
        prompt: int,
        written: int,
        cached: int,
        now: datetime,
    ) -> datetime:
        """Put it on the ledger; returns when it was settled."""
        from billing.prices import pricing
        from billing.prices.pricing import Usage

        seconds = (tier.first + written / tier.speed) * self.dice.lognormvariate(0, 0.25)
        if outcome == "timeout":
            seconds = 30.0
        settled = now + timedelta(seconds=seconds)
        rate = tier.price.rate
        reserved = pricing.most(Usage(prompt, 700), rate)
        estimated = outcome in {"abandoned", "timeout", "broken"}
        usage = Usage(prompt, written, cached) if outcome != "overloaded" else Usage(0, 0)
        amount = reserved if estimated else pricing.cost(usage, rate)
        compared = None
        if purpose == "answer" and tier is self.cheap and not estimated:
            compared = pricing.cost(usage, self.strong.price.rate)
        named = f"conversation:{conversation}"
        counted = (
            [
                usage.input_tokens,
                usage.cached_tokens,
                0,
                usage.output_tokens,
                0,
            ]
            if not estimated
            else [None] * 5
        )
        self.entries += 1
        self.tables["entries"].add(
            *(reference, purpose, outcome, tier.name, named, visitor),
            *(tier.model, "" if estimated else tier.model, "default", at(now), at(settled)),
            *counted,
            *(estimated, tier.price.pk, False, rate.input),
            *(rate.cached_input, rate.cache_write, rate.output, reserved, amount, compared),
            json.dumps(self._booked({"conversation": named, "visitor": visitor}, now, amount)),
        )
        return settled

    def _booked(self, key_of: dict[str, str], now: datetime, amount: int) -> list[int]:
        from billing.budgets import periods

        starts = periods.starts(now.replace(tzinfo=UTC), timezone.get_default_timezone())
        ids = []
        for budget in self.budgets:
            window = (
                budget.pk,
                starts[periods.Period(budget.period)],
                key_of.get(budget.scope, ""),
            )
            self.spent[window] += amount
            ids.append(self.window_of.setdefault(window, len(self.window_of) + 1))
        return ids

    def _windows(self) -> None:
        from billing.models import BudgetPeriod

        limits = {budget.pk: budget.limit for budget in self.budgets}
        table = Table(BudgetPeriod, "id", "budget_id", "key", "starts_at", "limit", "spent")
        for window, number in self.window_of.items():
            budget, start, name = window
            spent = self.spent[window]
            began = at(start.astimezone(UTC).replace(tzinfo=None))
            table.add(number, budget, name, began, max(limits[budget], spent), spent)
        table.write()

    def _sequences(self) -> None:
        from billing.models import BudgetPeriod
        from chatsite.chat.models import Conversation, Message

        with connection.cursor() as cursor:
            for model in (Conversation, Message, BudgetPeriod):
                table = model._meta.db_table
                cursor.execute(
                    f"SELECT SETVAL(PG_GET_SERIAL_SEQUENCE('{table}', 'id'), MAX(id)) FROM {table}"
                )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=2_600)
    parser.add_argument("--days", type=int, default=45)
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    django.setup()
    traffic = Traffic(options.conversations, options.days)
    traffic.write()
    sys.stdout.write(f"{options.conversations} conversations, {traffic.entries} entries.\n")


if __name__ == "__main__":
    main()
