"""A budget's history and forecast, from what the ledger has tallied."""

from datetime import datetime, timedelta

import pytest

from billing import ledger
from billing.models import BudgetPeriod
from billing.pacing import hourly_spending
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW, STRONG, budget

HOUR = timedelta(hours=1)


@pytest.fixture
def two_weeks(reserve) -> None:
    """A cheap and a strong call at noon of each day, which began 14 days ago."""
    for day in range(14, 0, -1):
        then = NOW - timedelta(days=day)
        for tier, model in (("cheap", "gpt-3.5-turbo"), ("strong", "gpt-4")):
            reference = f"reply:{day}:{tier}"
            reserve(reference, now=then, tier=tier, model=model)
            ledger.settle(reference, Usage(1000, 1000), outcome="stop", now=then)


@pytest.mark.parametrize(
    ("scope", "key", "each"),
    [
        ("site", "", CHEAP + STRONG),
        ("tier", "strong", STRONG),
        ("model", "gpt-3.5-turbo", CHEAP),
        ("model", "other", 0),
    ],
)
def test_the_history_is_of_the_calls_that_fall_under_the_budget(two_weeks, scope, key, each):
    known = hourly_spending.history(scope, key, NOW)

    assert set(known.hours.values()) == ({each} if each else set())
    assert len(known.hours) == (14 if each else 0)


def test_a_forecast_is_of_the_windows_own_period(two_weeks, django_assert_num_queries):
    month = budget(100 * STRONG, period="month")
    window = BudgetPeriod(
        budget=month,
        starts_at=datetime.fromisoformat("2026-11-01T00:00+01:00"),
        limit=month.limit,
        spent=5 * STRONG,
    )

    with django_assert_num_queries(1):
        forecast = hourly_spending.forecast(window, NOW)

    # Six days and a half are left of November.
    assert forecast.end.at.isoformat() == "2026-11-30T23:00:00+00:00"
    coming = forecast.end.expected - window.spent
    assert coming == pytest.approx(6.5 * (CHEAP + STRONG), rel=0.2)


def test_only_scopes_with_a_pace_are_foretold(db):
    with pytest.raises(KeyError):
        hourly_spending.history("conversation", "conversation:1", NOW)
