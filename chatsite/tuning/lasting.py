"""Whether a month's budget lasts at this pace, and the threshold at which it would."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone

from billing import spending
from billing.errors import NoPrice
from billing.models import Budget, BudgetWindow
from billing.pacing import DAY, PACED_BY, Forecast
from billing.periods import Period
from chatsite.tuning import drafts
from chatsite.tuning.replay import Effect, Replay
from routing import policies


@dataclass(frozen=True, slots=True)
class Pace:
    """What was spent on everything in the days that set the pace; replies are a part of it."""

    spent: int  # nano-dollars
    days: float


def enough(replayed: Replay, in_force: float, to_save: int) -> Effect | None:
    """The lowest threshold, from the one in force, that spends so much less; None: none does."""
    drawn = [replayed.at(in_force)]
    drawn += [each for each in replayed.curve() if each.threshold > in_force]
    return next((each for each in drawn if -each.difference >= to_save), None)


def said(forecast: Forecast, replayed: Replay, pace: Pace, in_force: float) -> str:
    """For the operator of a budget; blank where it lasts."""
    if not _is_short(forecast):
        return ""
    assert forecast.hit_at is not None
    spent = f"At this pace it is spent on {_date(forecast.hit_at)}."
    found = enough(replayed, in_force, round(forecast.to_save * pace.spent))
    if found is None:
        return f"{spent} No threshold would make it last to the end."
    if found.threshold <= in_force:
        return f"{spent} The threshold in force, {in_force:g}, would last to the end."
    a_day = round(found.to_cheap / pace.days) if pace.days else 0
    moved = f"{a_day or 'less than one'} message{'' if a_day <= 1 else 's'} a day"
    return (
        f"{spent} A threshold of {found.threshold:g} would last to the end: "
        f"{moved} would move to the cheap tier."
    )


def in_words(window: BudgetWindow, now: datetime) -> str:
    """Of a window of the whole site's month, else blank. Four queries where it does not last."""
    budget = window.budget
    if budget.scope != Budget.Scope.SITE or budget.period != Period.MONTH or not budget.active:
        return ""
    forecast = spending.forecast(window, now)
    if not _is_short(forecast):
        return ""
    known = spending.history(budget.scope, window.key, now)
    since = max(known.since, now - PACED_BY)
    pace = Pace(known.spent(since, known.until), (known.until - since) / DAY)
    policy = policies.current()
    try:
        replayed, _ = drafts.replayed(policy, PACED_BY.days)
    except NoPrice as error:
        return f"What threshold would last to the end is not known: {error}"
    return said(forecast, replayed, pace, policy.threshold)


def _is_short(forecast: Forecast) -> bool:
    return forecast.hit_at is not None and forecast.spent < forecast.limit


def _date(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "j F")
