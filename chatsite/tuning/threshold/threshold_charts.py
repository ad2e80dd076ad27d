"""Cost and shares against the threshold, as charts. Pure."""

from collections.abc import Callable, Sequence

from billing import money, number_format
from billing.dashboard.charts import Cell, Chart, Row, Series
from chatsite.tuning.threshold.draft_policy import Preview
from chatsite.tuning.threshold.replay import Effect


def of(preview: Preview, in_force: float) -> list[Chart]:
    """What each threshold costs, and how much the strong model answers there."""
    drawn = preview.drawn
    marked = [_nearest(drawn, threshold) for threshold in (in_force, preview.effect.threshold)]

    def chart(title: str, *lines: tuple[Series, Callable[[Effect], Cell]]) -> Chart:
        (_, first), *_ = lines
        rows = (
            Row(
                f"{effect.threshold:g}",
                (
                    *(cell(effect) for _, cell in lines),
                    *(first(effect) if effect is each else Cell(None) for each in marked),
                ),
            )
            for effect in drawn
        )
        marks = Series("In force", "other", mark=True), Series("Shown here", "2", mark=True)
        series = (*(series for series, _ in lines), *marks)
        return Chart(title, "Threshold", "line", "$" if len(lines) == 1 else "%", series, (*rows,))

    return [
        chart("Cost by threshold", (Series("Cost", "1"), _cost)),
        chart(
            "Strong model and saving by threshold",
            (Series("Sent to the strong model", "strong"), lambda effect: _share(effect.now.share)),
            (Series("Saved", "3"), lambda effect: _share(effect.saved)),
        ),
    ]


def _nearest(drawn: Sequence[Effect], threshold: float) -> Effect:
    return min(drawn, key=lambda effect: abs(effect.threshold - threshold))


def _cost(effect: Effect) -> Cell:
    return Cell(money.plotted(effect.now.cost), money.shown(effect.now.cost))


def _share(share: float) -> Cell:
    return Cell(100 * share, number_format.share(share))
