"""What a month cost, what it saved and how good it was, beside the month before. From rollups.

Each figure says in words what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db.models import BooleanField, Case, Q, Sum, When
from django.utils import timezone

from billing import number_format
from billing.dashboard import date_ranges, panels, totals
from billing.dashboard.date_ranges import Span, Step
from billing.dashboard.totals import Line
from billing.money import shown
from chatsite.chat.templatetags.conversations import spared
from chatsite.monitor.models import AnswerDay
from chatsite.monitor.quality_figures import DEFINITIONS
from chatsite.monitor.quality_sums import NAMES, Sums
from chatsite.tuning.trials.confidence_intervals import share

NONE_YET = "none"


@dataclass(frozen=True, slots=True)
class Figure:
    """`before`: the same of the month before, blank where it had none; `means`: its definition."""

    name: str
    shown: str
    means: str
    before: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Month:
    """`before`: the month before, as people name it."""

    span: Span
    before: str
    parts: Sequence[Part]
    is_empty: bool

    @property
    def title(self) -> str:
        return self.span.title


@dataclass(frozen=True, slots=True)
class _Quality:
    sums: Sums
    failed: float


def read(span: Span) -> Month:
    """Of a whole month, as far as it has passed. Four queries."""
    earlier = date_ranges.month(span.first - timedelta(days=1), timezone.get_default_timezone())
    steps = [Step(each.title, each.start, each.end) for each in (earlier, span)]
    lines = totals.read(steps)
    old, new = ([line for line in lines if line.step == number] for number in (0, 1))
    before, now = _quality(earlier, span)
    return Month(
        span=span,
        before=earlier.title,
        parts=(_cost(span, old, new), _saved(span, old, new), _good(before, now)),
        is_empty=not (new or now.sums.answers),
    )


def _cost(span: Span, old: Sequence[Line], new: Sequence[Line]) -> Part:
    total, before = totals.total(new), totals.total(old)
    answers = panels.saving(new).amount
    each = totals.per_conversation(span.start, span.end)
    return Part(
        "What it cost",
        (
            Figure(
                "Spent",
                shown(total.amount),
                "All calls to models, at the prices in the price list: answers, scoring, "
                "searching, judging, tests and drafts.",
                shown(before.amount) if old else "",
                f"{shown(answers)} for answers and their scoring, "
                f"{shown(total.amount - answers)} for the rest.",
            ),
            Figure(
                "Calls",
                f"{total.calls:,}",
                "Requests to the provider, also those that failed.",
                f"{before.calls:,}" if old else "",
                f"{shown(total.estimated_amount)} of the costs are estimated until the "
                "provider's bill is read."
                if total.estimated_amount
                else "",
            ),
            Figure(
                "Per conversation",
                shown(each.median) if each.conversations else NONE_YET,
                "What all calls of one conversation cost. Half of the conversations whose last "
                "call was in this month cost less.",
                note=f"{each.conversations:,} conversations. 95 % cost {shown(each.p95)} or less."
                if each.conversations
                else "",
            ),
        ),
    )


def _saved(span: Span, old: Sequence[Line], new: Sequence[Line]) -> Part:
    saving, before = panels.saving(new), panels.saving(old)
    ready = spared(span.start, span.end)
    return Part(
        "What it saved",
        (
            Figure(
                "Saved by routing",
                shown(saving.saved),
                "What the strong model alone would have cost for the same answers, less what "
                "answers and their scoring did cost.",
                shown(before.saved) if old else "",
                f"The strong model alone: {shown(saving.alone)}.",
            ),
            Figure(
                "Share saved",
                NONE_YET if saving.percent is None else number_format.percent(saving.percent),
                "Saved by routing, as a share of what the strong model alone would have cost.",
                "" if before.percent is None else number_format.percent(before.percent),
            ),
            Figure(
                "Answers without a call",
                f"{ready.given_again + ready.approved:,}",
                "Saved answers that were given again, and approved answers. They cost nothing.",
                note=f"The saved answers cost {ready.saved} when they were written. The other "
                "figures do not count this."
                if ready.given_again
                else "",
            ),
        ),
    )


def _good(before: _Quality, now: _Quality) -> Part:
    old, new = before.sums, now.sums
    found = share(int(new.helpful), int(new.rated))
    return Part(
        "How good it was",
        (
            Figure(
                "Answers",
                f"{new.answers:,.0f}",
                "Answers that ended in this month, whole or not.",
                f"{old.answers:,.0f}" if old.answers else "",
            ),
            _share(
                "Helpful",
                (new.helpful, new.rated),
                (old.helpful, old.rated),
                f"{number_format.share(found.low)} to {number_format.share(found.high)} with 95 % "
                f"confidence, by {new.rated:,.0f} ratings."
                if new.rated
                else "Nobody rated an answer.",
            ),
            _share("Resolved", (new.resolved, new.answers), (old.resolved, old.answers)),
            _share(
                "Doubted",
                (new.doubted, new.checked),
                (old.doubted, old.checked),
                f"{new.escalated:,.0f} of {new.doubted:,.0f} were replaced by the strong model."
                if new.doubted
                else "",
            ),
            _share("Handed over", (new.handed_over, new.answers), (old.handed_over, old.answers)),
            _share("Failed", (now.failed, new.answers), (before.failed, old.answers)),
        ),
    )


def _share(name: str, new: tuple[float, float], old: tuple[float, float], note: str = "") -> Figure:
    now, before = (number_format.share(part / whole) if whole else "" for part, whole in (new, old))
    return Figure(name, now or NONE_YET, MEANS[name], before, note)


MEANS = {
    **DEFINITIONS,
    "Handed over": "Share of all answers after which a person wrote, or was asked for.",
}


def _quality(earlier: Span, span: Span) -> tuple[_Quality, _Quality]:
    """Of the month before, and of this one. One query."""
    is_now = Case(When(day__gte=span.start, then=True), default=False, output_field=BooleanField())
    rows = (
        AnswerDay.objects.filter(day__gte=earlier.start, day__lt=span.end)
        .order_by()
        .annotate(is_now=is_now)
        .values("is_now")
        .annotate(
            without=Sum("answers", filter=~Q(failure="")),
            **{f"sum_{name}": Sum(name) for name in NAMES},
        )
    )
    found = {False: _Quality(Sums(), 0), True: _Quality(Sums(), 0)}
    for row in rows:
        sums = cast(dict[str, float], row)
        counts = {name: sums[f"sum_{name}"] for name in NAMES}
        found[row["is_now"]] = _Quality(Sums(**counts), row["without"] or 0)
    return found[False], found[True]
