"""A month's budget that will not last is told so, with the threshold at which it would."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from billing import periods
from billing.models import Budget, BudgetWindow
from billing.pacing import Forecast, Point
from billing.periods import Period
from chatsite.tuning import lasting
from chatsite.tuning.lasting import Pace
from chatsite.tuning.replay import Priced, Replay, Total
from routing.choice import Tier
from tests.chat import told

HIT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPENT = "At this pace it is spent on 24 November."


def strong(score: float) -> Priced:
    return Priced(28, score, Tier.STRONG, fixed=False, then=1000, cheap=100, strong=1000)


# Strong replies at 7, 8 and 9; what moves saves 900 of 3,000.
REPLAY = Replay(tuple(strong(score) for score in (7.0, 8.0, 9.0)), Total(84, 84, 3000), 3000)


def forecast(limit: int, spent: int = 1000, expected: int = 4000) -> Forecast:
    hit = HIT if expected >= limit else None
    return Forecast(limit, spent, (Point(HIT, expected, expected, expected),), hit, None, None)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (5000, ""),
        (1000, ""),
        (3100, "A threshold of 7.1 would last to the end: 2 messages a day"),
        (3000, "A threshold of 8.1 would last to the end: 4 messages a day"),
        (1300, "A threshold of 9.1 would last to the end: 6 messages a day"),
        (1299, "No threshold would make it last to the end."),
    ],
)
def test_the_lowest_threshold_that_lasts_is_named(limit, words):
    said = lasting.said(forecast(limit), REPLAY, Pace(3000, 14), 7)

    moved = " would move to the cheap tier." if "messages" in words else ""
    assert said == (f"{SPENT} {words}{moved}" if words else "")


def test_what_other_calls_cost_is_to_be_saved_on_replies():
    said = lasting.said(forecast(3100), REPLAY, Pace(6000, 14), 7)

    assert "A threshold of 8.1 would last" in said


def test_a_threshold_below_the_one_in_force_is_not_named():
    found = lasting.enough(REPLAY, 8.5, to_save=900)
    said = lasting.said(forecast(3100), REPLAY, Pace(3000, 14), 8.5)

    assert found is not None
    assert found.threshold == 8.5
    assert said == f"{SPENT} The threshold in force, 8.5, would last to the end."


@pytest.mark.parametrize(
    ("room", "scope", "key", "words"),
    [
        (1, "site", "", "No threshold would make it last to the end."),
        (10**15, "site", "", ""),
        (1, "tier", "strong", ""),
    ],
)
def test_the_budgets_page_says_it(operator, answered, monkeypatch, room, scope, key, words):
    monkeypatch.setattr(told, "NOW", timezone.now() - timedelta(days=3))
    answered(10.0)
    now = timezone.now()
    starts_at = periods.starts(now, timezone.get_default_timezone())[Period.MONTH]
    budget = Budget.objects.create(
        name="Month", scope=scope, key=key, period="month", limit=10**9 + room
    )
    BudgetWindow.objects.create(
        budget=budget, key=key, starts_at=starts_at, limit=budget.limit, spent=10**9
    )

    page = operator.get(f"/admin/billing/budget/{budget.pk}/change/")

    assert page.status_code == 200
    assert words in page.context["pace"]
    assert bool(page.context["pace"]) == bool(words)
    assert ("At this pace it is spent on" in page.content.decode()) == bool(words)
