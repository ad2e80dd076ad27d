"""Spans are whole days of the zone, cut into hours, days or months."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.dashboard import date_ranges
from billing.dashboard.date_ranges import Preset

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
KOLKATA = ZoneInfo("Asia/Kolkata")
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("period", "title", "each", "steps"),
    [
        (Preset.TODAY, "Tuesday, 24 Nov 2026", "Hour", 24),
        (Preset.WEEK, "18 Nov to 24 Nov 2026", "Day", 7),
        (Preset.MONTH_LONG, "26 Oct to 24 Nov 2026", "Day", 30),
        (Preset.MONTH, "1 Nov to 24 Nov 2026", "Day", 24),
        (Preset.LAST, "October 2026", "Day", 31),
    ],
)
def test_a_period_ends_today(period, title, each, steps):
    span = date_ranges.of(period, TODAY, AMSTERDAM)

    assert (span.title, span.each, len(span.steps)) == (title, each, steps)


@pytest.mark.parametrize(
    ("span", "month"),
    [
        (date_ranges.of(Preset.MONTH, TODAY, AMSTERDAM), "2026-11"),
        (date_ranges.of(Preset.LAST, TODAY, AMSTERDAM), "2026-10"),
        (date_ranges.month(date(2024, 2, 20), AMSTERDAM), "2024-02"),
        (date_ranges.of(Preset.MONTH_LONG, TODAY, AMSTERDAM), ""),
        (date_ranges.between(Preset.CUSTOM, date(2026, 11, 1), TODAY, AMSTERDAM), ""),
        (date_ranges.between(Preset.CUSTOM, date(2026, 9, 1), date(2026, 10, 31), AMSTERDAM), ""),
    ],
)
def test_a_span_may_be_a_month(span, month):
    assert span.month == month


def test_months_are_named_the_newest_first():
    found = date_ranges.months(date(2025, 12, 31), date(2026, 2, 1))

    assert [value for value, _ in found] == ["2026-02", "2026-01", "2025-12"]
    assert found[0][1] == "February 2026"


@pytest.mark.parametrize(
    ("first", "last", "each", "steps"),
    [
        ("2026-03-29", "2026-03-29", "Hour", 23),
        ("2026-10-25", "2026-10-25", "Hour", 25),
        ("2026-11-23", "2026-11-24", "Hour", 48),
        ("2026-11-22", "2026-11-24", "Day", 3),
        ("2026-11-24", "2026-11-22", "Day", 3),
        ("2026-08-17", "2026-11-24", "Day", 100),
        ("2026-08-16", "2026-11-24", "Month", 4),
        ("2000-01-01", "2026-11-24", "Month", 37),
    ],
)
def test_a_span_has_as_many_steps_as_can_be_told_apart(first, last, each, steps):
    span = date_ranges.between(
        Preset.CUSTOM, date.fromisoformat(first), date.fromisoformat(last), AMSTERDAM
    )

    assert (span.each, len(span.steps)) == (each, steps)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-03-29", "2026-03-29"), ("2026-10-20", "2026-10-28"), ("2025-11-10", "2026-11-24")],
)
@pytest.mark.parametrize("zone", [AMSTERDAM, KOLKATA])
def test_steps_leave_no_gap(first, last, zone):
    span = date_ranges.between(
        Preset.CUSTOM, date.fromisoformat(first), date.fromisoformat(last), zone
    )

    assert [step.start for step in span.steps[1:]] == [step.end for step in span.steps[:-1]]
    assert span.start.astimezone(zone).isoformat()[:16] == f"{first}T00:00"
    assert span.end.astimezone(zone).strftime("%H:%M") == "00:00"


def test_the_clock_of_the_zone_begins_a_day():
    india = date_ranges.between(Preset.CUSTOM, TODAY, TODAY, KOLKATA)

    assert india.start == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert [step.name for step in india.steps[:2]] == ["00:00", "01:00"]


@pytest.mark.parametrize(
    ("day", "title", "steps"),
    [("2026-11-24", "November 2026", 30), ("2028-02-01", "February 2028", 29)],
)
def test_a_month_is_whole(day, title, steps):
    month = date_ranges.month(date.fromisoformat(day), AMSTERDAM)

    assert (month.title, len(month.steps)) == (title, steps)
