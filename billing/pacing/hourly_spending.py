"""What a budget's calls came to, hour by hour, and what that makes of its window."""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from billing.budgets import periods
from billing.budgets.periods import Period
from billing.models import Budget, BudgetPeriod, Tally
from billing.pacing import spending_profile
from billing.pacing.spending_profile import Forecast, History

# From which the weekdays and hours are learned.
LEARNED_FROM = timedelta(weeks=8)
# Scopes whose spending is tallied: a conversation or a visitor has no pace.
PACED = {Budget.Scope.SITE: "", Budget.Scope.TIER: "tier", Budget.Scope.MODEL: "model"}


def history(scope: str, key: str, now: datetime) -> History:
    """Of the weeks before, in whole hours since the first call; one query.

    Raises KeyError for a scope that is not in PACED.
    """
    until = now.replace(minute=0, second=0, microsecond=0)
    tallies = Tally.objects.filter(quarter__gte=until - LEARNED_FROM, quarter__lt=until)
    if column := PACED[Budget.Scope(scope)]:
        tallies = tallies.filter(**{column: key})
    hours: dict[datetime, int] = {}
    for quarter, amount in (
        tallies.order_by("quarter").values_list("quarter").annotate(Sum("amount"))
    ):
        hour = quarter.replace(minute=0)
        hours[hour] = hours.get(hour, 0) + amount
    return History(min(hours, default=until), until, hours)


def forecast(window: BudgetPeriod, now: datetime) -> Forecast:
    """When the window, whose budget is of a scope in PACED, will be at its limit; one query."""
    return forecast_by(history(window.budget.scope, window.key, now), window, now)


def forecast_by(
    known: History, window: BudgetPeriod, now: datetime, share: float = 1.0
) -> Forecast:
    """The same where the history is at hand, at such a share of its pace."""
    budget, zone = window.budget, timezone.get_default_timezone()
    return spending_profile.forecast(
        known,
        spending_profile.profile(known, zone),
        spent=window.spent,
        limit=window.limit,
        now=now,
        ends_at=periods.end(Period(budget.period), window.starts_at, zone),
        share=share,
    )
