"""Whether a budget lasts to the end of its window, and at which threshold it would."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import formats, timezone
from django.utils.module_loading import import_string

from billing.budgets import balances
from billing.budgets.periods import Period
from billing.errors import NoPrice
from billing.models import Budget, BudgetPeriod
from billing.money import shown
from billing.pacing import hourly_spending, threshold_increase
from billing.pacing.spending_profile import Forecast
from billing.pacing.threshold_increase import (
    KNOWN_DAYS,
    KNOWN_REPLIES,
    Found,
    Outcome,
    Rise,
    Traffic,
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """`forecast`: at the policy's threshold; at the pace so far where `traffic` was not read."""

    window: BudgetPeriod
    forecast: Forecast
    traffic: Traffic | None = None
    problem: str = ""  # why what thresholds do is not known

    @property
    def budget(self) -> Budget:
        return self.window.budget

    @property
    def wanted(self) -> Rise | None:
        """The rise that makes the budget last, if one is needed and there is one."""
        if self.traffic is None or not is_short(self.forecast):
            return None
        return threshold_increase.lasting(self.forecast, self.traffic.rises)

    @property
    def threshold(self) -> float | None:
        """The policy's threshold that makes the budget last."""
        if self.traffic is None or self.wanted is None:
            return None
        return round(self.traffic.threshold + self.wanted.points, 2)

    def threshold_at(self, points: float) -> float | None:
        """So many points above the policy's; None where that was not read."""
        return round(self.traffic.threshold + points, 2) if self.traffic else None

    @property
    def words(self) -> str:
        """In words, for the operator of a budget without pacing."""
        if self.forecast.spent >= self.forecast.limit:
            return "The budget is used up."
        if not self.forecast.hit_at:
            return "At this pace, the budget lasts to the end."
        spent = f"At this pace, the budget is used up {self._hit}."
        if self.traffic is None:
            return f"{spent} Which threshold would last to the end is not known: {self.problem}"
        if self.wanted is None:
            return f"{spent} No threshold would make it last to the end."
        if not self.wanted.points:
            return f"{spent} The threshold in force, {self.threshold:g}, would last to the end."
        return (
            f"{spent} A threshold of {self.threshold:g} would last to the end: "
            f"{a_day(self.wanted, self.traffic)} would move to the cheap tier."
        )

    def found(self, before: float) -> Found:
        """What a budget that paces itself has to do; `before` points are in force."""
        if self.traffic is None:
            return Found(Outcome.UNKNOWN, 0.0, self.forecast.end.expected)
        return threshold_increase.find(
            self.forecast, self.traffic, self.budget.pace_at_most, before
        )

    def reason(self, found: Found) -> str:
        """Why a budget with pacing does what it does."""
        if self.traffic is None:
            return f"The effect of the threshold is not known: {self.problem}"
        own, limit = f"threshold {self.traffic.threshold:g}", shown(self.forecast.limit)
        raised = f"{self.traffic.threshold + found.points:g}"
        if found.outcome == Outcome.UNKNOWN:
            return (
                f"Not enough traffic yet: {self.traffic.days:.0f} of {KNOWN_DAYS} days, "
                f"{self.traffic.replies} of {KNOWN_REPLIES} answers."
            )
        if found.outcome == Outcome.LASTS:
            return f"At {own}, {shown(found.expected)} of {limit} will be spent by its end."
        plain = (
            f"At {own}, the budget would be used up {self._hit}."
            if self.forecast.hit_at
            else f"At {own}, {shown(self.forecast.end.expected)} of {limit} would be spent."
        )
        if found.outcome == Outcome.BOUND:
            least = f"A threshold of {self.threshold:g}" if self.threshold else "No threshold"
            most = f"the most that is allowed, it comes to {shown(found.expected)} of {limit}"
            return f"{plain} At {raised}, {most}. {least} would last to the end."
        rise = next(rise for rise in self.traffic.rises if rise.points == found.points)
        moved = f"{a_day(rise, self.traffic)} to the cheap tier"
        return f"{plain} At {raised}, it lasts to the end, with {moved}."

    @property
    def _hit(self) -> str:
        assert self.forecast.hit_at is not None
        local = timezone.localtime(self.forecast.hit_at)
        if self.budget.period == Period.DAY:
            return f"at {formats.date_format(local, 'H:i')}"
        return f"on {formats.date_format(local, 'j F')}"


def of(budget: Budget, now: datetime) -> Outlook | None:
    """Of a budget of the whole site by day or month, else None.

    One query and, where it does not last or paces itself, some five heavier ones.
    """
    if not budget.can_pace or not budget.active:
        return None
    window = balances.current_of(budget, now)
    known = hourly_spending.history(budget.scope, "", now)
    forecast = hourly_spending.forecast_by(known, window, now)
    if not budget.paces_itself and not is_short(forecast):
        return Outlook(window, forecast)
    try:
        traffic: Traffic = import_string(settings.TRAFFIC_AT_THRESHOLDS)(known, now)
    except NoPrice as error:
        return Outlook(window, forecast, problem=str(error))
    forecast = hourly_spending.forecast_by(known, window, now, traffic.recorded)
    return Outlook(window, forecast, traffic)


def is_short(forecast: Forecast) -> bool:
    return forecast.hit_at is not None and forecast.spent < forecast.limit


def a_day(rise: Rise, traffic: Traffic) -> str:
    """How many messages a day it moves."""
    count = round(rise.moved / traffic.days) if traffic.days else 0
    return f"{count or 'less than one'} message{'' if count <= 1 else 's'} a day"
