"""Days as the provider bills them against the ledger, each difference explained."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from billing import ledger
from billing.models import LedgerEntry, LedgerEntryQuerySet
from billing.money import exact
from billing.prices.model_families import family

# Nano-dollars by which the sum of a provider's figures can be off: a millionth of a dollar.
ROUNDING = 1000
# Days for which a provider's figures may still be on their way.
LATE = timedelta(days=2)


class Reason(StrEnum):
    ROUNDING = (
        "rounding: each call is rounded up here, and the provider rounds to a millionth of a dollar"
    )
    ESTIMATED = "calls with unknown usage, charged at the reserved amount"
    EDGE = "calls around midnight UTC, which the provider may count on another day"
    ASSUMED = (
        "calls at an assumed price, because the model or service tier that answered has no price"
    )
    NOT_OURS = (
        "billed but not recorded: calls from elsewhere with the same key, or a price that "
        "is too low here"
    )
    TOO_MUCH = (
        "recorded but not billed: a credit from the provider, or a price that is too high here"
    )
    LATE = "the provider has no figures for this day yet"
    MISSING = "the provider has no figures for this day"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Between `least` and `most` nano-dollars of recorded minus billed may come from this."""

    reason: Reason
    least: int
    most: int
    calls: int = 0

    def __str__(self) -> str:
        calls = f"{self.calls} " if self.calls else ""
        reach = (
            exact(self.most, signed=True)
            if self.least == self.most
            else f"{exact(self.least, signed=True)} to {exact(self.most, signed=True)}"
        )
        return f"{calls}{self.reason} ({reach})"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger has of one model on one day, in nano-dollars."""

    amount: int = 0
    calls: int = 0
    estimated: int = 0
    estimated_calls: int = 0
    assumed: int = 0
    assumed_calls: int = 0
    leaving: int = 0  # of calls that began on this day and were settled on a later one
    arriving: int = 0  # of calls that began earlier and were settled on this one
    edge_calls: int = 0

    def __add__(self, other: "Recorded") -> "Recorded":
        names = self.__slots__
        return Recorded(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True)
class Line:
    """One model on one day of the provider's. `billed` is None where it has no figures."""

    day: date
    model: str
    recorded: Recorded
    billed: int | None
    explanations: Sequence[Explanation] = field(default=())

    @property
    def difference(self) -> int:
        """Recorded minus billed, in nano-dollars."""
        return self.recorded.amount - (self.billed or 0)

    @property
    def unexplained(self) -> int:
        """The part of the difference that nothing known of the calls accounts for."""
        return sum(
            each.least
            for each in self.explanations
            if each.reason in {Reason.NOT_OURS, Reason.TOO_MUCH}
        )

    @property
    def correctable(self) -> bool:
        """Whether the ledger can follow the bill: there are calls of ours to correct."""
        ours = self.recorded.calls > 0 and self.billed is not None
        return ours and any(each.reason != Reason.ROUNDING for each in self.explanations)


def compare(
    billed: Mapping[date, Mapping[str, int]],
    recorded: Mapping[tuple[date, str], Recorded],
    days: Iterable[date],
    today: date,
) -> list[Line]:
    """A line for each day and model that either side knows. Snapshots count as their model."""
    lines = []
    for day in days:
        bill: dict[str, int] | None = None
        if day in billed:
            bill = defaultdict(int)
            for model, amount in billed[day].items():
                bill[family(model)] += amount
        ours = {model: found for (on, model), found in recorded.items() if on == day}
        for model in sorted(ours.keys() | (bill or {}).keys()):
            line = Line(
                day,
                model,
                ours.get(model, Recorded()),
                None if bill is None else bill.get(model, 0),
            )
            lines.append(replace(line, explanations=tuple(_explained(line, today))))
    return lines


def _explained(line: Line, today: date) -> list[Explanation]:
    difference, ours = line.difference, line.recorded
    if line.billed is None:
        reason = Reason.LATE if today - line.day < LATE else Reason.MISSING
        return [Explanation(reason, difference, difference, ours.calls)]
    if difference == 0:
        return []
    rounding = Explanation(Reason.ROUNDING, -ROUNDING, ours.calls + ROUNDING)
    if rounding.least <= difference <= rounding.most:
        return [rounding]
    known = [
        Explanation(Reason.ESTIMATED, 0, ours.estimated, ours.estimated_calls),
        Explanation(Reason.EDGE, -ours.arriving, ours.leaving, ours.edge_calls),
        # A price may be twice the one assumed, or nothing.
        Explanation(Reason.ASSUMED, -ours.assumed, ours.assumed, ours.assumed_calls),
    ]
    found = [each for each in known if each.calls]
    least = rounding.least + sum(each.least for each in found)
    most = rounding.most + sum(each.most for each in found)
    if difference < least:
        found.append(Explanation(Reason.NOT_OURS, difference - least, difference - least))
    elif difference > most:
        found.append(Explanation(Reason.TOO_MUCH, difference - most, difference - most))
    return found


def recorded(first: date, last: date) -> dict[tuple[date, str], Recorded]:
    """What the ledger has, by day in UTC and model."""
    # A day more before it, for the calls that cross its first midnight.
    entries = _between(first - timedelta(days=1), last)
    rows = (
        entries.annotate(
            day=TruncDate("called_at", tzinfo=UTC), settled=TruncDate("settled_at", tzinfo=UTC)
        )
        .order_by()
        .values_list(
            *("day", "settled", "model_returned", "model_requested", "purpose", "service_tier"),
            *("estimated", "price__model", "price__service_tier"),
        )
        .annotate(calls=Count("id"), cost=Sum("amount"))
    )
    found: dict[tuple[date, str], Recorded] = defaultdict(Recorded)
    for day, settled, returned, requested, purpose, service_tier, *counted in rows:
        estimated, priced, priced_tier, calls, cost = counted
        model = family(returned or requested)
        if purpose == LedgerEntry.Purpose.RECONCILIATION:
            found[day, model] += Recorded(amount=cost)
            continue
        # A snapshot at the price of its model is at no assumed one.
        assumed = (model, service_tier) != (family(priced), priced_tier)
        crossing = settled != day
        found[day, model] += Recorded(
            amount=cost,
            calls=calls,
            estimated=cost * estimated,
            estimated_calls=calls * estimated,
            assumed=cost * assumed,
            assumed_calls=calls * assumed,
            leaving=cost * crossing,
            edge_calls=calls * crossing,
        )
        if crossing:
            found[settled, model] += Recorded(arriving=cost, edge_calls=calls)
    return {key: each for key, each in found.items() if first <= key[0] <= last}


def correct(line: Line) -> str:
    """Bring the ledger to what is billed, by one more entry; returns its reference."""
    calls = _between(line.day, line.day).exclude(purpose=LedgerEntry.Purpose.RECONCILIATION)
    like = next(
        entry
        for entry in calls.iterator()
        if family(entry.model_returned or entry.model_requested) == line.model
    )
    name = f"reconciled:{line.day}:{line.model[:60]}:"
    reference = f"{name}{LedgerEntry.objects.filter(reference__startswith=name).count() + 1}"
    # In the middle of the provider's day it is the same day in most time zones.
    noon = min(_midnight(line.day) + timedelta(hours=12), timezone.now())
    ledger.correct(reference, -line.difference, like, noon)
    return reference


def _between(first: date, last: date) -> LedgerEntryQuerySet:
    """Entries of calls that were made on these days."""
    end = _midnight(last + timedelta(days=1))
    return LedgerEntry.objects.filter(called_at__gte=_midnight(first), called_at__lt=end)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
