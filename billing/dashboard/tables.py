"""The dashboard's tables: a row for each model, and for each way in which money is wasted. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing.call_outcomes import MEANS, Cause, cause
from billing.dashboard.panels import answered, seconds
from billing.dashboard.report_filters import Asked
from billing.dashboard.totals import Line, Totals, failures, total
from billing.money import shown

# No call: what a bill said beside them.
NO_CALL = "reconciliation"


@dataclass(frozen=True, slots=True)
class Model:
    """A row of the table of models."""

    name: str
    totals: Totals
    # A batch takes a day, a scorer a second: neither says how long a customer waits.
    answers: Totals
    failed: int
    url: str
    failed_url: str

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.totals.calls if self.totals.calls else 0.0

    @property
    def cached_percent(self) -> float | None:
        share = self.totals.cached_share
        return None if share is None else 100 * share

    @property
    def middle(self) -> str:
        return seconds(self.answers.took(0.5))

    @property
    def slowest(self) -> str:
        return seconds(self.answers.took(0.95))

    @property
    def cost(self) -> str:
        return shown(self.totals.amount)

    @property
    def each(self) -> str:
        """What a call cost on average."""
        return shown(self.totals.amount // self.totals.calls) if self.totals.calls else ""


@dataclass(frozen=True, slots=True)
class Waste:
    cause: Cause
    means: str
    amount: int
    calls: int
    percent: float  # of all that was spent
    url: str

    @property
    def cost(self) -> str:
        return shown(self.amount)


def models(asked: Asked, lines: Iterable[Line]) -> list[Model]:
    """The most expensive first."""
    found = []
    calls = [line for line in lines if line.purpose != NO_CALL]
    for name in {line.model for line in calls}:
        own = [line for line in calls if line.model == name]
        bad = sorted({line.outcome for line in own if failures([line])})
        found.append(
            Model(
                name,
                total(own),
                total(answered(own)),
                failures(own),
                asked.entries(model=name),
                asked.entries(model=name, outcome__in=",".join(bad)) if bad else "",
            )
        )
    return sorted(found, key=lambda model: -model.totals.amount)


def waste(asked: Asked, lines: Sequence[Line]) -> list[Waste]:
    """By cause, the most expensive first."""
    spent = total(lines).amount
    found = []
    for each in Cause:
        own = [line for line in lines if cause(line.outcome) == each]
        totals = total(own)
        outcomes = ",".join(sorted({line.outcome for line in own}))
        found.append(
            Waste(
                each,
                MEANS[each],
                totals.amount,
                totals.calls,
                100 * totals.amount / spent if spent else 0.0,
                asked.entries(outcome__in=outcomes) if own else "",
            )
        )
    return sorted(found, key=lambda waste: -waste.amount)
