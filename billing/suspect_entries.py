"""Entries of the ledger that cannot be right, whatever the provider said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from billing.call_outcomes import ANSWERED, WRITTEN, CallOutcome
from billing.models import LedgerEntry
from billing.prices import model_families
from billing.prices.pricing import PER

Purpose = LedgerEntry.Purpose
# Calls of which words came.
WORDS_CAME = ANSWERED | {CallOutcome.UNCLEAR}

_COST = (
    (F("input_tokens") - F("cached_tokens") - F("cache_write_tokens")) * F("input_rate")
    + F("cached_tokens") * F("cached_input_rate")
    + F("cache_write_tokens") * F("cache_write_rate")
    + F("output_tokens") * F("output_rate")
)
_COUNTED = Q(input_tokens__isnull=False, output_tokens__isnull=False)
_EXACT = _COUNTED & Q(estimated=False)

# What is wrong with an entry, in words, and how to find it.
FAULTS = (
    (
        "no input tokens, booked as exact",
        _EXACT & Q(outcome__in=WORDS_CAME, input_tokens=0),
    ),
    (
        "an answer without output tokens, booked as exact",
        _EXACT & Q(outcome__in=WRITTEN, output_tokens=0),
    ),
    (
        "more cached and written tokens than input tokens",
        Q(input_tokens__lt=F("cached_tokens") + F("cache_write_tokens")),
    ),
    ("more reasoning tokens than output tokens", Q(output_tokens__lt=F("reasoning_tokens"))),
    (
        "the amount does not match its tokens and rates",
        _COUNTED
        & Q(input_tokens__gte=F("cached_tokens") + F("cache_write_tokens"))
        & (Q(owed__gt=F("amount") * PER) | Q(owed__lte=(F("amount") - 1) * PER)),
    ),
    (
        "tokens unknown, but not charged what was reserved",
        Q(input_tokens=None) & ~Q(amount=F("reserved")) & ~Q(reserved=0),
    ),
    (
        "its rates differ from its price",
        ~Q(input_rate=F("price__input")) | ~Q(output_rate=F("price__output")),
    ),
    ("settled before it was called", Q(settled_at__lt=F("called_at"))),
)


@dataclass(frozen=True, slots=True)
class Suspect:
    entry: LedgerEntry
    why: str


def found(since: datetime | None = None) -> Iterator[Suspect]:
    """The oldest first within each kind of fault."""
    # A correction has an amount and no tokens.
    calls = LedgerEntry.objects.exclude(purpose=Purpose.RECONCILIATION)
    if since is not None:
        calls = calls.filter(called_at__gte=since)
    calls = calls.order_by("id").annotate(owed=_COST)
    for why, condition in FAULTS:
        for entry in calls.filter(condition).iterator():
            yield Suspect(entry, why)
    yield from _of_another_model(calls)


def _of_another_model(calls: QuerySet[LedgerEntry]) -> Iterator[Suspect]:
    """Another model's name came back, and the price is not marked as assumed."""
    unmarked = calls.filter(price_assumed=False).exclude(model_returned="")
    names = unmarked.order_by().values_list("model_requested", "model_returned").distinct()
    for asked, returned in names:
        if returned != asked and model_families.family(returned) != asked:
            pair = unmarked.filter(model_requested=asked, model_returned=returned)
            for entry in pair.iterator():
                yield Suspect(entry, f"{returned} answered for {asked}, and no price is assumed")
