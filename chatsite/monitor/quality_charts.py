"""The quality page's charts, from sums. Pure but for the addresses of answers."""

from collections.abc import Callable, Mapping, Sequence

from billing import number_format as written
from billing.dashboard.charts import Cell, Chart, Row, Series
from chatsite.monitor.quality_figures import began
from chatsite.monitor.quality_sums import Asked, Report, Sums
from chatsite.tuning.trials.confidence_intervals import share

TIERS = {"cheap": "cheap", "strong": "strong", "": "without a model"}


def charts(asked: Asked, report: Report, notes: Mapping[int, str]) -> list[Chart]:
    """`notes`: what changed in a step, said beside its name."""
    names = [
        f"{step.name} ({notes[number]})" if number in notes else step.name
        for number, step in enumerate(asked.span.steps)
    ]
    made = [
        _helpful(asked, report, names),
        _checks(asked, report, names),
        _shares(asked, report, names),
        _response_time(asked, report, names),
    ]
    if report.total.first_words:
        made.append(_first_words(asked, report, names))
    if report.failures:
        made.append(_failures(asked, report, names))
    if report.total.judged:
        made.append(_judged(asked, report, names))
    return made


def _helpful(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    rows = []
    for step, name, sums in zip(asked.span.steps, names, report.steps, strict=True):
        if not sums.rated:
            rows.append(Row(name, (Cell(None), Cell(None), Cell(None))))
            continue
        found = share(int(sums.helpful), int(sums.rated))
        url = asked.answers("rated", step)
        ends = (_cell(found.value, url), _cell(found.low), _cell(found.high))
        rows.append(Row(name, ends))
    return Chart(
        title="Rated helpful, as a share of rated answers",
        across=asked.span.each,
        kind="line",
        unit="%",
        series=(
            Series("helpful", "strong"),
            Series("95 % interval from", "other", dashed=True),
            Series("to", "other", dashed=True),
        ),
        rows=tuple(rows),
        note=f"{report.total.rated:,.0f} ratings. Few ratings make a wide interval.",
    )


def _checks(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    def cells(sums: Sums, url: str) -> tuple[Cell, ...]:
        kept = sums.doubted - sums.escalated
        passed = sums.checked - sums.doubted
        return tuple(Cell(each, f"{each:,.0f}", url) for each in (passed, sums.escalated, kept))

    return Chart(
        title="Answer checks",
        across=asked.span.each,
        kind="stacked",
        unit="",
        series=(
            Series("not doubted", "cheap"),
            Series("doubted, replaced by the strong model", "strong"),
            Series("doubted, not replaced", "limit"),
        ),
        rows=_rows(asked, report, names, "doubted", cells),
    )


def _shares(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    def cells(sums: Sums, url: str) -> tuple[Cell, ...]:
        parts = (sums.resolved, sums.with_sources, sums.asked_again, sums.handed_over)
        if not sums.answers:
            return tuple(Cell(None) for _ in parts)
        return tuple(_cell(part / sums.answers, url) for part in parts)

    return Chart(
        title="Outcomes, in percent of all answers",
        across=asked.span.each,
        kind="line",
        unit="%",
        series=(
            Series("resolved"),
            Series("from articles"),
            Series("asked again"),
            Series("a person stepped in"),
        ),
        rows=_rows(asked, report, names, "unresolved", cells),
    )


def _response_time(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    tiers = [tier for tier in TIERS if any(key[1] == tier for key in report.by_tier)]
    rows = []
    for number, (step, name) in enumerate(zip(asked.span.steps, names, strict=True)):
        cells = []
        for tier in tiers:
            took = report.by_tier.get((number, tier), Sums()).took(0.95)
            url = asked.answers("slow", step)
            cells.append(_time(took, url) if took is not None else Cell(None))
        rows.append(Row(name, tuple(cells)))
    return Chart(
        title="Response time (95th percentile)",
        across=asked.span.each,
        kind="line",
        unit="s",
        series=tuple(Series(TIERS[tier], tier) for tier in tiers),
        rows=tuple(rows),
    )


def _first_words(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    def cells(sums: Sums, url: str) -> tuple[Cell, ...]:
        return tuple(
            Cell(None, began(sums, part))
            if (first := sums.began(part)) is None
            else _time(first, url)
            for part in (0.5, 0.95)
        )

    total = report.total
    return Chart(
        title="Time to the first words",
        across=asked.span.each,
        kind="line",
        unit="s",
        series=(Series("median", "cheap"), Series("95th percentile", "strong")),
        rows=_rows(asked, report, names, "late", cells),
        note=f"Known of {total.first_words:,.0f} of {total.answers:,.0f} answers."
        + (
            " The others showed no words, or are from before this was measured."
            if total.first_words < total.answers
            else ""
        ),
    )


def _failures(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    causes = sorted({cause for _, cause in report.failures})
    rows = []
    for number, (step, name) in enumerate(zip(asked.span.steps, names, strict=True)):
        url = asked.answers("failed", step)
        counts = [report.failures.get((number, cause), 0) for cause in causes]
        rows.append(Row(name, tuple(Cell(each, f"{each:,.0f}", url) for each in counts)))
    return Chart(
        title="Failed and cut answers by cause",
        across=asked.span.each,
        kind="stacked",
        unit="",
        series=tuple(Series(cause.replace("_", " ")) for cause in causes),
        rows=tuple(rows),
    )


def _judged(asked: Asked, report: Report, names: Sequence[str]) -> Chart:
    def cells(sums: Sums, url: str) -> tuple[Cell, ...]:
        cheap = _cell(sums.judged_cheap / sums.judged, url) if sums.judged else Cell(None)
        both = sums.judged_both
        return cheap, _cell(sums.judged_strong / both, url) if both else Cell(None)

    return Chart(
        title="Judged quality of cheap and strong answers",
        across=asked.span.each,
        kind="line",
        unit="%",
        series=(Series("cheap", "cheap"), Series("strong", "strong")),
        rows=_rows(asked, report, names, "judged", cells),
        note=_graded("cheap", report.total.judged_cheap, report.total.judged)
        + _graded("strong", report.total.judged_strong, report.total.judged_both),
    )


def _graded(tier: str, grades: float, answers: float) -> str:
    """Their mean, and between what it lies: grades of 0 to 1 vary at most as a share does."""
    if not answers:
        return ""
    found = share(grades, int(answers))
    return (
        f"{answers:,.0f} {tier} answers judged: {written.share(found.value)}, between "
        f"{written.share(found.low)} and {written.share(found.high)} with 95 % confidence. "
    )


def _rows(
    asked: Asked,
    report: Report,
    names: Sequence[str],
    what: str,
    cells: Callable[[Sums, str], tuple[Cell, ...]],
) -> tuple[Row, ...]:
    return tuple(
        Row(name, cells(sums, asked.answers(what, step) if sums.answers else ""))
        for step, name, sums in zip(asked.span.steps, names, report.steps, strict=True)
    )


def _cell(part: float, url: str = "") -> Cell:
    return Cell(round(100 * part, 2), written.share(part), url)


def _time(seconds: float, url: str) -> Cell:
    return Cell(round(seconds, 2), written.seconds(seconds), url)
