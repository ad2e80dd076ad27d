"""How long a model's calls take, by the ledger: seconds to begin with, and more for each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from billing import clock
from billing.call_outcomes import WHOLE
from billing.models import LedgerEntry

# The newest so many calls of the last days; fewer than the least say nothing.
NEWEST, RECENT, FEWEST = 1_000, timedelta(days=30), 20


@dataclass(frozen=True, slots=True)
class Speed:
    """Of a usual call, from asking until its answer was stored and paid for."""

    first: float  # seconds, whatever the length
    each: float  # seconds per output token
    calls: int  # that it was measured on

    def seconds(self, output_tokens: int) -> float:
        return self.first + self.each * output_tokens


def of(model: str) -> Speed | None:
    """None where too few calls of it are on the ledger."""
    calls = LedgerEntry.objects.filter(
        purpose=LedgerEntry.Purpose.ANSWER,
        outcome__in=WHOLE,
        model_requested=model,
        estimated=False,
        called_at__gt=clock.now() - RECENT,
    ).values_list("output_tokens", "called_at", "settled_at")[:NEWEST]
    return fitted([(tokens or 0, (end - start).total_seconds()) for tokens, start, end in calls])


def fitted(calls: Sequence[tuple[int, float]]) -> Speed | None:
    """From each call's output tokens and seconds, by medians: one that hung for a minute is one."""
    if len(calls) < FEWEST:
        return None
    short_to_long = sorted(calls)
    half = len(calls) // 2
    pairs = zip(short_to_long[:half], short_to_long[-half:], strict=True)
    slopes = [
        (late - soon) / (long - short) for (short, soon), (long, late) in pairs if long > short
    ]
    each = max(0.0, median(slopes)) if slopes else 0.0
    first = max(0.0, median(seconds - each * tokens for tokens, seconds in calls))
    return Speed(first, each, len(calls))
