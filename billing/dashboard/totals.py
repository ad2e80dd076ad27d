"""What was spent, read from tallies: a few hundred lines for a month, whatever the traffic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from operator import attrgetter

from django.db import connection

from billing import tallies
from billing.call_outcomes import failed
from billing.dashboard.date_ranges import Step

# Steps drive: each is a short walk along the index. SQLite takes CROSS JOIN as told.
LINES = """
WITH steps (step, since, until) AS (VALUES {steps})
SELECT s.step, t.tier, t.model, t.purpose, t.outcome, {sums}
FROM steps s CROSS JOIN billing_tally t
WHERE t.quarter >= s.since AND t.quarter < s.until
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
"""
# The median and the 95th percentile, by one sort.
CONVERSATIONS = {
    "sqlite": """
    SELECT COUNT(*), SUM(amount),
        MAX(CASE WHEN place <= (conversations + 1) / 2 THEN amount END),
        MAX(CASE WHEN place <= (conversations * 95 + 99) / 100 THEN amount END)
    FROM (
        SELECT amount, ROW_NUMBER() OVER (ORDER BY amount) AS place,
            COUNT(*) OVER () AS conversations
        FROM billing_conversationcost
        WHERE last_at >= %s AND last_at < %s
    ) AS costs
    """,
    # The same: six times as quick there as windows are.
    "postgresql": """
    SELECT COUNT(*), SUM(amount),
        PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY amount),
        PERCENTILE_DISC(0.95) WITHIN GROUP (ORDER BY amount)
    FROM billing_conversationcost
    WHERE last_at >= %s AND last_at < %s
    """,
}


@dataclass(frozen=True, slots=True)
class Totals:
    """Tokens, nano-dollars and milliseconds of some calls; as the columns of a tally."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    amount: int = 0
    estimated_amount: int = 0
    compared_amount: int = 0
    milliseconds: int = 0
    within_1s: int = 0
    within_2s: int = 0
    within_4s: int = 0
    within_8s: int = 0
    within_16s: int = 0
    within_32s: int = 0

    @property
    def cached_share(self) -> float | None:
        """Of the input tokens, from 0 to 1; None where there were none."""
        return self.cached_tokens / self.input_tokens if self.input_tokens else None

    def took(self, share: float) -> float | None:
        """Seconds that this share of the calls took at most, to about a fifth.

        None where there were no calls; infinite beyond the last bound.
        """
        if not self.calls:
            return None
        wanted = share * self.calls
        within = [(0, 0)] + [(bound, getattr(self, f"within_{bound}s")) for bound in tallies.BOUNDS]
        for (lower, below), (upper, reached) in pairwise(within):
            if reached >= wanted and reached > below:
                return float(lower + (upper - lower) * (wanted - below) / (reached - below))
        return float("inf")


NUMBERS = [field.name for field in fields(Totals)]
# astuple copies each value: a third of the time that the page took.
_numbers = attrgetter(*NUMBERS)


@dataclass(frozen=True, slots=True)
class Line:
    """The calls of one kind in one step."""

    step: int
    tier: str
    model: str
    purpose: str
    outcome: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class PerConversation:
    """Nano-dollars, over the conversations whose last call is in the span."""

    conversations: int
    amount: int
    median: int
    p95: int


def read(steps: Sequence[Step]) -> list[Line]:
    """By step. Steps may overlap. One query."""
    marks = ", ".join(["(%s, %s, %s)"] * len(steps))
    sums = ", ".join(f"SUM(t.{name})" for name in NUMBERS)
    adapt = connection.ops.adapt_datetimefield_value
    values = [
        value
        for number, step in enumerate(steps)
        for value in (number, adapt(step.start), adapt(step.end))
    ]
    with connection.cursor() as cursor:
        cursor.execute(LINES.format(steps=marks, sums=sums), values)
        return [
            Line(step, tier, model, purpose, outcome, Totals(*map(int, sums)))
            for step, tier, model, purpose, outcome, *sums in cursor.fetchall()
        ]


def total(found: Iterable[Line]) -> Totals:
    tuples = [_numbers(line.totals) for line in found]
    return Totals(*map(sum, zip(*tuples, strict=True)))


def failures(found: Iterable[Line]) -> int:
    return sum(line.totals.calls for line in found if failed(line.outcome))


def per_conversation(start: datetime, end: datetime) -> PerConversation:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(CONVERSATIONS[connection.vendor], [adapt(start), adapt(end)])
        return PerConversation(*(int(value or 0) for value in cursor.fetchone()))
