"""What the dashboard says, from lines of what was spent. Pure but for the addresses of rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from billing import number_format
from billing.call_outcomes import ANSWERED, Cause, cause
from billing.dashboard.charts import Cell, Chart, More, Row, Series, Unit
from billing.dashboard.report_filters import Asked
from billing.dashboard.totals import Line, failures, total
from billing.money import plotted, shown

# Without routing there would be the answers of one tier, and nothing to score.
ROUTED = {"answer", "scoring"}
TIERS = {"strong", "cheap"}


@dataclass(frozen=True, slots=True)
class Saving:
    """Nano-dollars: what routed answers cost, and what the strong tier alone would have."""

    amount: int
    alone: int

    @property
    def saved(self) -> int:
        return self.alone - self.amount

    @property
    def percent(self) -> float | None:
        return 100 * self.saved / self.alone if self.alone else None


def seconds(value: float | None) -> str:
    """For people; blank where there is none."""
    if value is None:
        return ""
    return "over 32 s" if value == float("inf") else number_format.seconds(value)


def saving(lines: Iterable[Line]) -> Saving:
    routed = [line for line in lines if line.purpose in ROUTED]
    return Saving(
        amount=sum(line.totals.amount for line in routed),
        # A cheap answer that the strong tier wrote again counts there.
        alone=sum(
            line.totals.compared_amount
            for line in routed
            if line.purpose == "answer" and cause(line.outcome) != Cause.ESCALATED
        ),
    )


def charts(asked: Asked, lines: Sequence[Line]) -> list[Chart]:
    return [
        spend_by_tier(asked, lines),
        spend_by_model(asked, lines),
        tokens(asked, lines),
        latency(asked, lines),
        failed(asked, lines),
    ]


def spend_by_tier(asked: Asked, lines: Sequence[Line]) -> Chart:
    """With a line for what the strong tier alone would have cost."""
    chart = _spend(asked, lines, "tier")
    # A gap where nothing was called: a day to come saves nothing yet.
    alone = [saving(each).alone if each else None for each in _by_step(asked, lines)]
    return Chart(
        title=f"Spend per {asked.span.each.lower()} by tier",
        across=chart.across,
        kind="stacked",
        unit="$",
        series=(*chart.series, Series("strong model alone", "other", line=True, dashed=True)),
        rows=tuple(
            Row(row.name, (*row.cells, Cell(None) if amount is None else _money(amount)))
            for row, amount in zip(chart.rows, alone, strict=True)
        ),
    )


def spend_by_model(asked: Asked, lines: Sequence[Line]) -> Chart:
    return _spend(asked, lines, "model")


def tokens(asked: Asked, lines: Sequence[Line]) -> Chart:
    rows = []
    for step, found in zip(asked.span.steps, _by_step(asked, lines), strict=True):
        totals = total(found)
        counts = (
            totals.input_tokens - totals.cached_tokens,
            totals.cached_tokens,
            totals.output_tokens - totals.reasoning_tokens,
            totals.reasoning_tokens,
        )
        url = asked.entries(step) if found else ""
        rows.append(Row(step.name, tuple(Cell(count, f"{count:,}", url) for count in counts)))
    names = ("input", "cached input", "output", "reasoning")
    used = [number for number in range(4) if any(row.cells[number].value for row in rows)]
    return Chart(
        title=f"Tokens per {asked.span.each.lower()}",
        across=asked.span.each,
        kind="stacked",
        unit="",
        series=tuple(Series(names[number]) for number in used),
        rows=tuple(Row(row.name, tuple(row.cells[each] for each in used)) for row in rows),
    )


def latency(asked: Asked, lines: Sequence[Line]) -> Chart:
    """Of answers that were written to their end: a call of a dead worker answers nobody."""

    def cell(found: Sequence[Line], url: str) -> Cell:
        value = total(answered(found)).took(0.95)
        drawn = None if value is None or value == float("inf") else round(value, 2)
        return Cell(drawn, seconds(value), url if found else "")

    title = "Response time (95th percentile)"
    return _answers_per_model(asked, lines, title, "s", cell)


def failed(asked: Asked, lines: Sequence[Line]) -> Chart:
    def cell(found: Sequence[Line], url: str) -> Cell:
        calls = total(found).calls
        if not calls:
            return Cell(None)
        percent = 100 * failures(found) / calls
        return Cell(round(percent, 2), number_format.percent(percent), url)

    title = "Failed calls for answers"
    return _answers_per_model(asked, lines, title, "%", cell)


def burn_down(
    asked: Asked,
    limit: int,
    spent: Sequence[int],
    coming: Mapping[datetime, tuple[int, int, int]],
    note: str,
    more: More | None = None,
) -> Chart:
    """What a month's budget has left at the end of each day: `spent` on each of those so far.

    `coming`: what will be spent by the end of a day: likely, at least and at most.
    """
    left = [limit - amount for amount in accumulate(spent)]
    rows = []
    for number, step in enumerate(asked.span.steps):
        known = [_money(left[number], asked.entries(step))] if number < len(left) else [Cell(None)]
        ahead = [_money(limit - amount) for amount in coming.get(step.end, ())] or [Cell(None)] * 3
        rows.append(Row(step.name, (*known, *ahead)))
    return Chart(
        title="Left of this month's budget",
        across=asked.span.each,
        kind="line",
        unit="$",
        series=(
            Series("left", "strong"),
            Series("forecast", "strong", dashed=True),
            Series("at best", "other", dashed=True),
            Series("at worst", "limit", dashed=True),
        ),
        rows=tuple(rows),
        note=note,
        more=more,
    )


def _money(amount: int, url: str = "") -> Cell:
    return Cell(plotted(amount), shown(amount), url)


def _spend(asked: Asked, lines: Sequence[Line], field: str) -> Chart:
    names = sorted({str(getattr(line, field)) for line in lines}, reverse=True)
    rows = []
    for step, found in zip(asked.span.steps, _by_step(asked, lines), strict=True):
        cells = []
        for name in names:
            amount = sum(line.totals.amount for line in found if getattr(line, field) == name)
            url = asked.entries(step, **{field: name}) if amount else ""
            cells.append(Cell(plotted(amount), shown(amount), url))
        rows.append(Row(step.name, tuple(cells)))
    return Chart(
        title=f"Spend per {asked.span.each.lower()} by {field}",
        across=asked.span.each,
        kind="stacked",
        unit="$",
        series=tuple(Series(name, name if name in TIERS else "") for name in names),
        rows=tuple(rows),
    )


def _answers_per_model(
    asked: Asked,
    lines: Sequence[Line],
    title: str,
    unit: Unit,
    cell: Callable[[Sequence[Line], str], Cell],
) -> Chart:
    asked_for = answers(lines)
    names = sorted({line.model for line in asked_for}, reverse=True)
    rows = []
    for step, found in zip(asked.span.steps, _by_step(asked, asked_for), strict=True):
        cells = []
        for name in names:
            own = [line for line in found if line.model == name]
            cells.append(cell(own, asked.entries(step, model=name, purpose="answer")))
        rows.append(Row(step.name, tuple(cells)))
    return Chart(
        title, asked.span.each, "line", unit, tuple(Series(name) for name in names), tuple(rows)
    )


def _by_step(asked: Asked, lines: Iterable[Line]) -> list[list[Line]]:
    found: list[list[Line]] = [[] for _ in asked.span.steps]
    for line in lines:
        found[line.step].append(line)
    return found


def answers(lines: Iterable[Line]) -> list[Line]:
    """Calls for answers, however they ended."""
    return [line for line in lines if line.purpose == "answer"]


def answered(lines: Iterable[Line]) -> list[Line]:
    """Calls that wrote an answer."""
    return [line for line in answers(lines) if line.outcome in ANSWERED]
