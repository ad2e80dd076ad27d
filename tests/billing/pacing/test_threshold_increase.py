"""By how much the threshold has to rise so that a budget lasts."""

from datetime import UTC, datetime

import pytest

from billing.pacing import threshold_increase
from billing.pacing.spending_profile import Forecast, Point
from billing.pacing.threshold_increase import Outcome, Rise, Traffic
from tests.guards import guards

END = datetime(2026, 11, 30, 23, tzinfo=UTC)
LIMIT = 10_000
# Each point saves a twentieth.
RISES = tuple(Rise(tenth / 10, 1 - tenth / 200, tenth) for tenth in range(41))


def forecast(expected: int, spent: int = 0) -> Forecast:
    hit = END if expected >= LIMIT else None
    return Forecast(LIMIT, spent, (Point(END, expected, expected, expected),), hit, None, None)


def traffic(days: float = 14, replies: int = 100) -> Traffic:
    return Traffic(7, days, replies, 1.0, RISES)


@pytest.mark.parametrize(
    ("expected", "before", "most", "outcome", "points"),
    [
        (9_000, 0, 2, Outcome.LASTS, 0),
        # Just enough is enough.
        (9_950, 0, 2, Outcome.LASTS, 0),
        # Where it has to be raised, 9,900 are aimed at.
        (10_400, 0, 2, Outcome.RAISED, 1.0),
        # Between 9,800 and 10,000 it stays as it is.
        (10_400, 1.0, 2, Outcome.RAISED, 1.0),
        (10_400, 0.7, 2, Outcome.RAISED, 1.0),
        (10_400, 2.0, 2, Outcome.RAISED, 1.0),
        # Traffic has come down.
        (9_790, 0.1, 2, Outcome.LASTS, 0),
        (9_000, 1.5, 2, Outcome.LASTS, 0),
        # What is allowed is not enough; just enough, with nothing to spare; and more than enough.
        (12_000, 0, 2, Outcome.BOUND, 2),
        (12_000, 2, 3.37, Outcome.BOUND, 3.3),
        (12_000, 0, 3.4, Outcome.RAISED, 3.4),
        (12_000, 0, 10, Outcome.RAISED, 3.5),
        (13_000, 0, 10, Outcome.BOUND, 4),
        # Less is allowed than was in force.
        (10_400, 3.0, 2, Outcome.RAISED, 1.0),
    ],
)
def test_the_threshold_is_raised_by_what_it_takes(expected, before, most, outcome, points):
    found = threshold_increase.find(forecast(expected), traffic(), most, before)

    assert (found.outcome, found.points) == (outcome, points)
    assert found.expected == pytest.approx(expected * (1 - points / 20), abs=1)


@guards("billing/pacing/threshold_increase.py", "    if not traffic.is_known:\n", "    if False:\n")
@pytest.mark.parametrize(("days", "replies"), [(6.9, 1000), (14, 99), (0, 0)])
def test_without_enough_history_nothing_is_raised(days, replies):
    found = threshold_increase.find(forecast(12_000), traffic(days, replies), most=2, before=2)

    assert (found.outcome, found.points) == (Outcome.UNKNOWN, 0)


def test_what_is_spent_already_is_not_saved():
    # Of 12,000, 5,000 are still to come, and 2,800 of them may be spent.
    found = threshold_increase.find(forecast(12_000, spent=7_000), traffic(), most=10, before=0)

    assert (found.outcome, found.expected) == (Outcome.BOUND, 7_000 + 4_000)
