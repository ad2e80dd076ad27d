"""What the quality page is asked for, and the sums that answer it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, tzinfo
from typing import cast
from urllib.parse import urlencode

from django.db.models import QuerySet, Sum
from django.urls import reverse

from billing.dashboard import report_filters
from billing.dashboard.date_ranges import Preset, Span, Step
from chatsite.monitor.models import AnswerDay, AnswerHour
from chatsite.monitor.rollups import BOUNDS, FIRST_BOUNDS

FILTERS = ("tier", "model", "task_type", "policy", "language")
# Answers whose language is unknown, or was not stored when they were given.
UNKNOWN = "unknown"


@dataclass(slots=True)
class Sums:
    """Of some answers: how many there were, and of how many each was true."""

    answers: float = 0
    helpful: float = 0
    unhelpful: float = 0
    asked_again: float = 0
    handed_over: float = 0
    resolved: float = 0
    with_sources: float = 0
    checked: float = 0
    doubted: float = 0
    escalated: float = 0
    judged: float = 0
    judged_cheap: float = 0
    judged_both: float = 0
    judged_strong: float = 0
    within_1: float = 0
    within_2: float = 0
    within_4: float = 0
    within_8: float = 0
    within_16: float = 0
    within_32: float = 0
    first_words: float = 0
    first_within_250: float = 0
    first_within_500: float = 0
    first_within_1000: float = 0
    first_within_2000: float = 0
    first_within_4000: float = 0
    first_within_8000: float = 0
    last: float = 0
    last_failed: float = 0
    last_unrated: float = 0

    def add(self, counts: Mapping[str, float]) -> None:
        for name in NAMES:
            setattr(self, name, getattr(self, name) + counts[name])

    @property
    def rated(self) -> float:
        return self.helpful + self.unhelpful

    def took(self, share: float) -> float | None:
        """Seconds within which this share ended; None above the bounds that are counted."""
        counted = [(float(bound), getattr(self, f"within_{bound}")) for bound in BOUNDS]
        return _reached(share * self.answers, counted)

    def began(self, share: float) -> float | None:
        """The same until the first words, of those answers of which it is known."""
        counted = [(ms / 1000, getattr(self, f"first_within_{ms}")) for ms in FIRST_BOUNDS]
        return _reached(share * self.first_words, counted)


def _reached(wanted: float, counted: Sequence[tuple[float, float]]) -> float | None:
    """The bound, between those that are counted, up to which there are so many."""
    if not wanted:
        return None
    below, before = 0.0, 0.0
    for bound, within in counted:
        if within >= wanted:
            part = (wanted - before) / (within - before) if within > before else 1.0
            return below + part * (bound - below)
        below, before = bound, within
    return None


NAMES = tuple(field.name for field in fields(Sums))


@dataclass(frozen=True, slots=True)
class Asked:
    """A span of time and the filters, as the page's address says them."""

    span: Span
    filters: Mapping[str, str]

    @property
    def where(self) -> dict[str, str]:
        """The filters, as the rows have them."""
        return {
            name: "" if (name, value) == ("language", UNKNOWN) else value
            for name, value in self.filters.items()
        }

    @property
    def query(self) -> str:
        named = {"period": str(self.span.period)}
        if self.span.period == Preset.CUSTOM:
            named |= {"from": self.span.first.isoformat(), "to": self.span.last.isoformat()}
        return urlencode({**named, **self.filters})

    def answers(self, what: str, step: Step | None = None, **more: str) -> str:
        """Where the answers behind a number are listed."""
        within = step or self.span
        said = {"from": within.start.isoformat(), "to": within.end.isoformat(), "what": what}
        return f"{reverse('monitor:answers')}?{urlencode({**said, **self.filters, **more})}"


@dataclass(frozen=True, slots=True)
class Report:
    """The sums of a span: all, by step, by (step, tier), and failures by (step, cause)."""

    total: Sums
    steps: tuple[Sums, ...]
    by_tier: Mapping[tuple[int, str], Sums]
    failures: Mapping[tuple[int, str], float]


def asked(query: Mapping[str, str], today: date, zone: tzinfo) -> Asked:
    """What the address asks for; invalid values are ignored."""
    chosen = {name: query[name] for name in FILTERS if query.get(name)}
    if not chosen.get("policy", "0").isdecimal():
        del chosen["policy"]
    return Asked(report_filters.read(query, today, zone).span, chosen)


def _counted(span: Span) -> tuple[QuerySet[AnswerHour] | QuerySet[AnswerDay], str]:
    """The rows of the span, by days unless a step is shorter, and when each began."""
    if span.each == "Hour":
        return AnswerHour.objects.filter(hour__gte=span.start, hour__lt=span.end).order_by(), "hour"
    return AnswerDay.objects.filter(day__gte=span.start, day__lt=span.end).order_by(), "day"


def read(wanted: Asked) -> Report:
    """One query, over as many rows as there are days or hours, tiers and causes of failure."""
    counted, at = _counted(wanted.span)
    rows = (
        counted.filter(**wanted.where)
        .values(at, "tier", "failure")
        .annotate(**{f"sum_{name}": Sum(name) for name in NAMES})
    )
    total = Sums()
    steps = tuple(Sums() for _ in wanted.span.steps)
    by_tier: defaultdict[tuple[int, str], Sums] = defaultdict(Sums)
    failures: defaultdict[tuple[int, str], float] = defaultdict(float)
    starts = [step.start for step in wanted.span.steps]
    for row in rows:
        sums = cast(dict[str, float], row)
        counts = {name: sums[f"sum_{name}"] for name in NAMES}
        step = bisect_right(starts, row[at]) - 1
        total.add(counts)
        steps[step].add(counts)
        by_tier[step, row["tier"]].add(counts)
        if row["failure"]:
            failures[step, row["failure"]] += counts["answers"]
    return Report(total, steps, by_tier, failures)


def choices(wanted: Asked) -> dict[str, list[str]]:
    """What there is to filter by in the span; also what is chosen, if the span has none of it."""
    rows = list(_counted(wanted.span)[0].values_list(*FILTERS).distinct())
    found = {}
    columns = zip(*rows, strict=True) if rows else [()] * len(FILTERS)
    for name, values in zip(FILTERS, columns, strict=True):
        known = {str(value) for value in values if value} | {wanted.filters.get(name, "")}
        if name == "language" and "" in values and known - {""}:
            known.add(UNKNOWN)
        found[name] = sorted(known - {""}, key=_natural)
    return found


def _natural(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdecimal() else (0, text)
