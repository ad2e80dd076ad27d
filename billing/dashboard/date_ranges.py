"""Spans of time that costs are shown for, cut into hours, days or months of the zone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum


class Preset(StrEnum):
    """A span that one click chooses."""

    TODAY = "today"
    WEEK = "7"
    MONTH_LONG = "30"
    MONTH = "month"
    LAST = "last"
    CUSTOM = "custom"


TITLES = {
    Preset.TODAY: "Today",
    Preset.WEEK: "7 days",
    Preset.MONTH_LONG: "30 days",
    Preset.MONTH: "This month",
    Preset.LAST: "Last month",
    Preset.CUSTOM: "Custom",
}
# Days up to which each is an hour's, or a day's, width apart in a chart.
HOURLY, DAILY = 2, 100
# Days that can be looked at together.
LONGEST = 3 * 366


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of the first day to the end of the last."""

    period: Preset
    first: date
    last: date
    each: str  # what a step is
    steps: tuple[Step, ...]

    @property
    def start(self) -> datetime:
        return self.steps[0].start

    @property
    def end(self) -> datetime:
        return self.steps[-1].end

    @property
    def title(self) -> str:
        if self.first == self.last:
            return f"{self.first:%A}, {_day(self.first)} {self.first.year}"
        if self.is_whole_month:
            return f"{self.first:%B %Y}"
        return f"{_day(self.first)} to {_day(self.last)} {self.last.year}"

    @property
    def month(self) -> str:
        """`2026-11` where it is all of that month, or of what has passed of it; else blank."""
        is_one = self.is_whole_month or self.period == Preset.MONTH
        return f"{self.first:%Y-%m}" if is_one else ""

    @property
    def is_whole_month(self) -> bool:
        following = self.last + timedelta(days=1)
        return self.first.day == 1 and _next_month(self.first) == following


def between(period: Preset, first: date, last: date, zone: tzinfo) -> Span:
    """These days, both included; swapped if in the wrong order, and at most LONGEST."""
    first, last = min(first, last), max(first, last)
    first = max(first, last - timedelta(days=LONGEST - 1))
    days = (last - first).days + 1
    if days <= HOURLY:
        return Span(period, first, last, "Hour", tuple(_hours(first, last, zone)))
    if days <= DAILY:
        return Span(period, first, last, "Day", tuple(_days(first, last, zone)))
    return Span(period, first, last, "Month", tuple(_months(first, last, zone)))


def of(period: Preset, today: date, zone: tzinfo) -> Span:
    """A span that ends today; LAST, with the month before."""
    first = {
        Preset.TODAY: today,
        Preset.WEEK: today - timedelta(days=6),
        Preset.MONTH: today.replace(day=1),
    }.get(period, today - timedelta(days=29))
    if period == Preset.LAST:
        last = today.replace(day=1) - timedelta(days=1)
        return between(period, last.replace(day=1), last, zone)
    return between(period, first, today, zone)


def month(day: date, zone: tzinfo) -> Span:
    """The whole month in which the day is."""
    first = day.replace(day=1)
    return between(Preset.CUSTOM, first, _next_month(first) - timedelta(days=1), zone)


def months(first: date, last: date) -> list[tuple[str, str]]:
    """Each as an address names it and as people do; the newest first."""
    found = []
    begins = first.replace(day=1)
    while begins <= last:
        found.append((f"{begins:%Y-%m}", f"{begins:%B %Y}"))
        begins = _next_month(begins)
    return found[::-1]


def midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _hours(first: date, last: date, zone: tzinfo) -> Iterator[Step]:
    """In absolute time: a day has 23 or 25 of them when the clocks change."""
    start, end = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    while start < end:
        local = start.astimezone(zone)
        name = f"{local:%H:%M}" if first == last else f"{_day(local)}, {local:%H:%M}"
        yield Step(name, start, start + timedelta(hours=1))
        start += timedelta(hours=1)


def _days(first: date, last: date, zone: tzinfo) -> Iterator[Step]:
    day = first
    while day <= last:
        following = day + timedelta(days=1)
        yield Step(_day(day), midnight(day, zone), midnight(following, zone))
        day = following


def _months(first: date, last: date, zone: tzinfo) -> Iterator[Step]:
    begins = first
    while begins <= last:
        ends = min(_next_month(begins), last + timedelta(days=1))
        yield Step(f"{begins:%b %Y}", midnight(begins, zone), midnight(ends, zone))
        begins = ends


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _day(day: date) -> str:
    """`1 Nov`"""
    return f"{day.day} {day:%b}"
