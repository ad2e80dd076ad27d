"""When a budget will be at its limit, from how it was spent by weekday and hour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing.pacing import spending_profile
from billing.pacing.spending_profile import Forecast, History

ZONE = ZoneInfo("Europe/Amsterdam")
# A Monday, midnight in Amsterdam.
MONDAY = datetime(2026, 11, 2, tzinfo=ZONE).astimezone(UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def history(amount: Callable[[datetime], int], weeks: int = 6) -> History:
    """Of the weeks before that Monday, by the clocks of the zone."""
    since = MONDAY - weeks * WEEK
    hours = {since + n * HOUR: amount((since + n * HOUR).astimezone(ZONE)) for n in range(168 * 6)}
    return History(since, MONDAY, {at: spent for at, spent in hours.items() if at < MONDAY})


def even(at: datetime) -> int:
    return 100


def office(at: datetime) -> int:
    """Ten hours a day, five days a week."""
    return 1000 if at.weekday() < 5 and 8 <= at.hour < 18 else 0


def told(known: History, limit: int, days: int = 14, spent: int = 0) -> Forecast:
    return spending_profile.forecast(
        known,
        spending_profile.profile(known, ZONE),
        spent=spent,
        limit=limit,
        now=MONDAY,
        ends_at=MONDAY + days * DAY,
    )


def test_an_even_pace_goes_on():
    forecast = told(history(even), limit=24_000, spent=1_200)

    assert forecast.end.expected == pytest.approx(1_200 + 14 * 2_400, rel=0.001)
    assert forecast.hit_at == MONDAY + timedelta(hours=228)
    assert len(forecast.points) == 14


def test_a_weekend_without_traffic_spends_nothing():
    forecast = told(history(office), limit=10**9)

    by_day = [point.expected for point in forecast.points]
    spent = [after - before for before, after in zip([0, *by_day], by_day, strict=False)]
    assert all(each == pytest.approx(10_000, rel=0.15) for each in spent[:5])
    assert all(each < 2_000 for each in spent[5:7])
    assert forecast.end.expected == pytest.approx(100_000, rel=0.03)


def test_a_limit_is_hit_in_the_hours_in_which_it_is_spent():
    forecast = told(history(office), limit=25_000)

    assert forecast.hit_at is not None
    local = forecast.hit_at.astimezone(ZONE)
    assert (local.weekday(), 8 < local.hour <= 18) == (2, True)


def test_the_interval_is_around_the_forecast_and_grows():
    def uneven(at: datetime) -> int:
        return 50 + 100 * (at.toordinal() % 2)

    forecast = told(history(uneven), limit=24_000)

    widths = [point.high - point.low for point in forecast.points]
    assert all(point.low < point.expected < point.high for point in forecast.points)
    assert widths == sorted(widths)
    assert forecast.earliest is not None
    assert forecast.hit_at is not None
    assert forecast.earliest < forecast.hit_at
    assert forecast.latest is None or forecast.latest > forecast.hit_at


def test_growth_sets_the_pace_by_the_last_two_weeks():
    def doubled(at: datetime) -> int:
        return 200 if at.astimezone(UTC) >= MONDAY - 2 * WEEK else 100

    assert told(history(doubled), 10**9).end.expected == pytest.approx(14 * 4_800, rel=0.001)


def test_without_a_history_nothing_is_foretold():
    nothing = History(MONDAY, MONDAY, {})

    forecast = told(nothing, limit=1_000, spent=10)

    assert (forecast.hit_at, forecast.end.expected) == (None, 10)


def test_a_limit_that_is_reached_already_is_hit_now():
    assert told(history(even), limit=5, spent=10).hit_at == MONDAY + HOUR


def test_a_window_that_never_ends_is_looked_ahead_on_for_a_while():
    known = history(even)

    forecast = spending_profile.forecast(
        known, spending_profile.profile(known, ZONE), spent=0, limit=1, now=MONDAY, ends_at=None
    )

    assert forecast.end.at == MONDAY + spending_profile.FURTHEST


def test_a_day_of_25_hours_is_paced_as_one():
    now = datetime(2026, 10, 25, tzinfo=ZONE).astimezone(UTC)
    known = History(now - 4 * WEEK, now, {now - n * HOUR: 100 for n in range(1, 672)})

    forecast = spending_profile.forecast(
        known,
        spending_profile.profile(known, ZONE),
        spent=0,
        limit=10**9,
        now=now,
        ends_at=now + 25 * HOUR,
    )

    assert forecast.end.expected == pytest.approx(2_500, rel=0.01)
    assert forecast.end.at.astimezone(ZONE).hour == 0
