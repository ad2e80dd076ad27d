"""When a budget's period begins, summer time included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing.budgets import periods
from billing.budgets.periods import Period

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "hour", "day", "month"),
    [
        (
            "2026-11-24T13:30:59.5+01:00",
            "2026-11-24T13:00+01:00",
            "2026-11-24T00:00+01:00",
            "2026-11-01T00:00+01:00",
        ),
        # Still yesterday in UTC, and last month.
        (
            "2026-06-01T00:00+02:00",
            "2026-06-01T00:00+02:00",
            "2026-06-01T00:00+02:00",
            "2026-06-01T00:00+02:00",
        ),
        # Summer time ended at 03:00: the month began under it, and so did the day.
        (
            "2026-10-25T15:00+01:00",
            "2026-10-25T15:00+01:00",
            "2026-10-25T00:00+02:00",
            "2026-10-01T00:00+02:00",
        ),
        # Summer time began at 02:00: 01:59 was followed by 03:00.
        (
            "2026-03-29T03:10+02:00",
            "2026-03-29T03:00+02:00",
            "2026-03-29T00:00+01:00",
            "2026-03-01T00:00+01:00",
        ),
    ],
)
def test_periods_begin_by_the_clocks_of_the_zone(now, hour, day, month):
    starts = periods.starts(at(now), AMSTERDAM)

    assert starts[Period.HOUR] == at(hour)
    assert starts[Period.DAY] == at(day)
    assert starts[Period.MONTH] == at(month)


def test_the_hour_that_summer_time_repeats_is_two():
    first, second = at("2026-10-25T02:30+02:00"), at("2026-10-25T02:30+01:00")

    hours = [periods.starts(now, AMSTERDAM)[Period.HOUR] for now in (first, second)]

    assert hours == [at("2026-10-25T02:00+02:00"), at("2026-10-25T02:00+01:00")]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Africa/Cairo", "America/Havana", "UTC"])
def test_a_year_of_minutes_has_every_window_in_order(zone):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    before: dict[Period, datetime] = {}
    while moment < datetime(2027, 1, 1, tzinfo=UTC):
        starts = periods.starts(moment, ZoneInfo(zone))
        for period in (Period.HOUR, Period.DAY, Period.MONTH):
            assert before.get(period, starts[period]) <= starts[period] <= moment
        assert moment - starts[Period.HOUR] < timedelta(hours=1)
        assert moment - starts[Period.DAY] < timedelta(hours=25)
        before = starts
        moment += timedelta(minutes=30)


def test_a_total_never_starts_anew():
    starts = {
        periods.starts(at(now), AMSTERDAM)[Period.TOTAL]
        for now in ("2026-01-01T00:00+00:00", "2031-05-05T05:05+00:00")
    }

    assert len(starts) == 1


@pytest.mark.parametrize(
    ("period", "starts_at", "end"),
    [
        (Period.HOUR, "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"),
        (Period.DAY, "2026-11-24T00:00+01:00", "2026-11-25T00:00+01:00"),
        (Period.DAY, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"),  # 25 hours
        (Period.DAY, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00"),  # 23 hours
        (Period.MONTH, "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
        (Period.MONTH, "2026-12-01T00:00+01:00", "2027-01-01T00:00+01:00"),
        (Period.MONTH, "2028-02-01T00:00+01:00", "2028-03-01T00:00+01:00"),
    ],
)
def test_a_period_ends_where_the_next_begins(period, starts_at, end):
    ended = periods.end(period, at(starts_at), AMSTERDAM)

    assert ended == at(end)
    assert periods.starts(at(end), AMSTERDAM)[period] == at(end)
    assert periods.starts(at(end) - timedelta(microseconds=1), AMSTERDAM)[period] == at(starts_at)


def test_a_total_never_ends():
    assert periods.end(Period.TOTAL, periods.ALWAYS, AMSTERDAM) is None
