"""A budget that paces itself raises the threshold by what it takes, and writes down why."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import adjustments, tasks, windows
from billing.errors import NoPrice
from billing.models import Adjustment, Budget, BudgetWindow, Tally
from billing.pacing import History
from billing.steering import Outcome, Rise, Traffic
from billing.windows import Keys
from tests.billing.conftest import NOW, budget

DOLLAR = 10**9
MONTH = datetime.fromisoformat("2026-11-01T00:00+01:00")
EACH_HOUR = DOLLAR // 100  # $0.24 a day, and 6.5 days of the month to come
KEYS = Keys(conversation="", visitor="", tier="strong", model="gpt-4")


def traffic(known: History, now: datetime) -> Traffic:
    """Each point saves a tenth."""
    rises = tuple(Rise(tenth / 10, 1 - tenth / 100, 14 * tenth) for tenth in range(41))
    return Traffic(7, 14, 1000, 1.0, rises)


def unpriced(known: History, now: datetime) -> Traffic:
    raise NoPrice("gpt-4")


@pytest.fixture
def history(db, settings) -> None:
    """Of two weeks, a cent an hour."""
    settings.TRAFFIC_AT_THRESHOLDS = f"{__name__}.traffic"
    hour = NOW.replace(minute=0)
    zero = {
        field.name: 0
        for field in Tally._meta.fields
        if field.name not in {"id", "quarter", "tier", "model", "purpose", "outcome", "amount"}
    }
    Tally.objects.bulk_create(
        Tally(quarter=hour - timedelta(hours=ago), amount=EACH_HOUR, **zero)
        for ago in range(1, 14 * 24 + 1)
    )


@pytest.fixture
def month(history) -> Budget:
    return paced(limit=7 * DOLLAR)


def paced(limit: int, spent: int = 5 * DOLLAR + DOLLAR // 2, **change: object) -> Budget:
    found = budget(limit, period="month")
    Budget.objects.filter(pk=found.pk).update(paces_itself=True, **change)
    BudgetWindow.objects.create(budget=found, starts_at=MONTH, limit=limit, spent=spent)
    return stored(found)


def stored(found: Budget) -> Budget:
    return Budget.objects.get(pk=found.pk)


def in_force(now: datetime = NOW) -> float:
    """As a message is decided with."""
    return max(use.paced_points for use in windows.uses(KEYS, now))


def test_the_threshold_rises_as_far_as_it_takes_and_the_log_says_why(month):
    # Some $1.56 are to come and $1.50 are left, of which $1.36 are aimed at.
    adjustment = adjustments.adjust(month, NOW)

    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points_before) == (Outcome.RAISED, 0)
    assert adjustment.points == in_force() == stored(month).paced_points == 1.2
    assert adjustment.reason == (
        "At 7 it would be spent on 30 November. At 8.2 it lasts to the end, with 12 messages a day"
        " to the cheap tier."
    )
    assert (adjustment.limit, adjustment.spent) == (7 * DOLLAR, 5_500_000_000)
    assert adjustment.expected == pytest.approx(0.98 * 7 * DOLLAR, rel=0.002)
    assert adjustment.hit_at is not None


def test_a_look_that_finds_the_same_writes_nothing_down(month):
    adjustments.adjust(month, NOW)

    later = NOW + timedelta(minutes=10)
    assert adjustments.adjust(stored(month), later) is None

    assert stored(month).paced_at == later
    assert Adjustment.objects.count() == 1


def test_the_threshold_comes_down_again(month):
    adjustments.adjust(month, NOW)
    Budget.objects.update(limit=9 * DOLLAR)
    windows.follow_limits(BudgetWindow.objects.all())

    adjustment = adjustments.adjust(stored(month), NOW + timedelta(hours=1))

    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points_before) == (Outcome.LASTS, 1.2)
    assert adjustment.points == in_force() == 0
    assert adjustment.reason.startswith("At 7, $7.0")
    assert adjustment.reason.endswith(" of $9.00 will be spent by its end.")


def test_no_more_is_raised_than_is_allowed(history):
    month = paced(7 * DOLLAR, pace_at_most=1)

    adjustment = adjustments.adjust(month, NOW)

    # A point saves a tenth of $1.56, to $6.90: enough, if with less to spare.
    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points, in_force()) == (Outcome.RAISED, 1, 1)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (6_900, "At 7.1, the most that is allowed, it comes to $7.03 of $6.90."),
        (6_900, "A threshold of 8.9 would last to the end."),
        (5_600, "No threshold would last to the end."),
    ],
)
def test_it_says_so_where_all_that_is_allowed_is_not_enough(history, limit, words):
    month = paced(limit * DOLLAR // 1000, pace_at_most=0.1)

    adjustment = adjustments.adjust(month, NOW)

    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points) == (Outcome.BOUND, 0.1)
    assert words in adjustment.reason


def test_without_a_price_nothing_is_raised_and_it_says_so(month, settings):
    adjustments.adjust(month, NOW)
    settings.TRAFFIC_AT_THRESHOLDS = f"{__name__}.unpriced"

    adjustment = adjustments.adjust(stored(month), NOW)

    assert adjustment is not None
    assert (adjustment.outcome, in_force()) == (Outcome.UNKNOWN, 0)
    assert adjustment.reason.startswith("What the threshold would do is not known: ")


def test_the_next_month_begins_without(month):
    adjustments.adjust(month, NOW)
    december = datetime.fromisoformat("2026-12-01T00:01+01:00")

    assert in_force(december) == 0
    adjustment = adjustments.adjust(stored(month), december)
    assert adjustment is not None
    assert (adjustment.points_before, adjustment.spent) == (0, 0)


def test_of_two_looks_at_once_one_counts(month):
    first, second = stored(month), stored(month)

    assert adjustments.adjust(first, NOW)
    assert adjustments.adjust(second, NOW + timedelta(seconds=1)) is None

    assert stored(month).paced_at == NOW
    assert Adjustment.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [{"limit": 99 * DOLLAR}, {"pace_at_most": 0.5}, {"paces_itself": False}, {"active": False}],
)
def test_an_edit_during_a_look_counts(month, change):
    read = stored(month)
    Budget.objects.update(**change)

    assert adjustments.adjust(read, NOW) is None

    assert (stored(month).paced_points, stored(month).paced_at) == (0, None)
    assert not Adjustment.objects.exists()


def test_the_hourly_look_is_at_those_that_pace_themselves(month, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    plain = budget(DOLLAR, period="day")

    tasks.pace()

    assert [each.budget for each in Adjustment.objects.all()] == [month]
    assert stored(plain).paced_at is None


def test_a_stopped_budget_leaves_the_threshold_alone_at_once(month, django_user_model):
    adjustments.adjust(month, NOW)
    olga = django_user_model.objects.create(username="olga")
    looking = stored(month)

    assert adjustments.stop(stored(month), olga)

    assert in_force() == 0
    stopped = Adjustment.objects.get(outcome=Outcome.STOPPED)
    assert (stopped.points, stopped.by, stopped.reason) == (0, olga, "Stopped by olga.")
    # A look that was under way does not bring it back.
    assert adjustments.adjust(looking, NOW + timedelta(seconds=1)) is None
    assert in_force() == 0
    assert not adjustments.stop(stored(month), olga)


@pytest.mark.parametrize(
    "change",
    [
        {"paced_points": 1.0},  # and was never looked at
        {"paced_points": 2.1, "paced_at": NOW},
        {"paced_points": -0.1, "paced_at": NOW},
        {"paces_itself": False, "paced_points": 1.0, "paced_at": NOW},
        {"pace_at_most": 0},
        {"scope": "tier"},
        {"period": "hour"},
        {"period": "total"},
    ],
)
def test_the_database_holds_the_bounds(month, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.update(**change)
