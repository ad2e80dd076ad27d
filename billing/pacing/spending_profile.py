"""How fast a budget is spent, by weekday and hour, and when it will be at its limit. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import fmean

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Of the week, from Monday 00:00.
HOURS = 7 * 24
# How much history sets the pace: long enough for every weekday twice, short enough to notice that
# traffic has grown.
PACED_BY = timedelta(days=14)
# Weekdays and hours begin even, as if each had been seen so often.
SEEN_BEFORE = 1.0
# Deviation of a day from its profile, where there are not yet days enough to tell; and the least.
FEWEST_DAYS = 5
UNKNOWN, LEAST = 0.5, 0.05
# Correlation of a day with the next, at the most: what is measured on few days may be chance.
MOST_ALIKE = 0.8
# The pace itself drifts besides: with this, 80 % intervals hold 77 to 89 times of 100 in
# `python -m tests.accuracy.forecast`.
DRIFT = 0.06
# Standard deviations on each side of 80 % of all outcomes.
SIDES = 1.2816
# How far ahead a window without an end is forecast.
FURTHEST = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class History:
    """What was spent in each hour, by its start; an hour that is missing cost nothing."""

    since: datetime
    until: datetime
    hours: Mapping[datetime, int]  # nano-dollars

    def spent(self, since: datetime, until: datetime) -> int:
        return sum(amount for at, amount in self.hours.items() if since <= at < until)


@dataclass(frozen=True, slots=True)
class Profile:
    """The share of a week's spending in each of its hours, 1 being an even one."""

    zone: tzinfo
    weights: tuple[float, ...]

    def weight(self, since: datetime, until: datetime) -> float:
        """Of the time between, in even hours."""
        total, at = 0.0, since
        while at < until:
            begun = timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
            end = min(until, at - begun + HOUR)
            total += self.weights[hour_of_week(at, self.zone)] * ((end - at) / HOUR)
            at = end
        return total


@dataclass(frozen=True, slots=True)
class Point:
    """What will be spent by then: most likely, and 80 times of 100 between `low` and `high`."""

    at: datetime
    expected: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """`hit_at`: when the limit is reached at this pace; probably not before `earliest`, nor after
    `latest`. Each is None where that is not before the end."""

    limit: int
    spent: int
    points: tuple[Point, ...]  # each midnight to come, and the end
    hit_at: datetime | None
    earliest: datetime | None
    latest: datetime | None

    @property
    def end(self) -> Point:
        return self.points[-1]


def hour_of_week(at: datetime, zone: tzinfo) -> int:
    local = at.astimezone(zone)
    return 24 * local.weekday() + local.hour


def profile(history: History, zone: tzinfo) -> Profile:
    """Weekdays and hours of a day by themselves: seven and 24 numbers need weeks, 168 months."""
    days, hours = [SEEN_BEFORE * 24] * 7, [SEEN_BEFORE] * 24
    spent_on, spent_at = [0.0] * 7, [0.0] * 24
    total = count = 0
    at = history.since
    while at < history.until:
        day, hour = divmod(hour_of_week(at, zone), 24)
        amount = history.hours.get(at, 0)
        days[day] += 1
        hours[hour] += 1
        spent_on[day] += amount
        spent_at[hour] += amount
        total, count = total + amount, count + 1
        at += HOUR
    if total == 0:
        return Profile(zone, (1.0,) * HOURS)
    even = total / count
    by_day = [(spent_on[day] + SEEN_BEFORE * 24 * even) / days[day] / even for day in range(7)]
    by_hour = [(spent_at[hour] + SEEN_BEFORE * even) / hours[hour] / even for hour in range(24)]
    raw = [by_day[day] * by_hour[hour] for day in range(7) for hour in range(24)]
    return Profile(zone, tuple(HOURS * weight / sum(raw) for weight in raw))


def forecast(
    history: History,
    shape: Profile,
    *,
    spent: int,
    limit: int,
    now: datetime,
    ends_at: datetime | None,
    share: float = 1.0,
) -> Forecast:
    """Of a window that has spent so much. `ends_at`: None where it never ends.

    `share`: of the pace so far, where the same calls would cost more or less than they did.
    """
    end = ends_at or now + FURTHEST
    pace, deviation, known = _pace(history, shape, now)
    points, hits = [], dict[str, datetime]()
    at, weight = now, 0.0
    while at < end:
        following = min(end, _next_hour(at))
        weight += shape.weight(at, following)
        at = following
        ahead = max((at - now) / DAY, 1 / 24)
        wide = SIDES * math.hypot(deviation / math.sqrt(ahead), known, DRIFT)
        point = _point(at, spent, pace * share * weight, wide)
        for name in ("expected", "low", "high"):
            if getattr(point, name) >= limit:
                hits.setdefault(name, at)
        if at == end or hour_of_week(at, shape.zone) % 24 == 0:
            points.append(point)
    return Forecast(
        limit=limit,
        spent=spent,
        points=tuple(points) or (Point(end, spent, spent, spent),),
        hit_at=hits.get("expected"),
        earliest=hits.get("high"),
        latest=hits.get("low"),
    )


def _point(at: datetime, spent: int, coming: float, wide: float) -> Point:
    """`wide`: by which share of what is coming it may be off, to either side."""
    return Point(
        at,
        expected=spent + round(coming),
        low=spent + round(max(0.0, coming - coming * wide)),
        high=spent + round(coming + coming * wide),
    )


def _pace(history: History, shape: Profile, now: datetime) -> tuple[float, float, float]:
    """Nano-dollars of an even hour; by which share a day differs from it, and it from the truth."""
    since, until = max(history.since, now - PACED_BY), min(history.until, now)
    weight = shape.weight(since, until)
    if weight <= 0:
        return 0.0, UNKNOWN, UNKNOWN
    pace = history.spent(since, until) / weight
    deviation = _deviation(history, shape, until)
    return pace, deviation, deviation / math.sqrt(max((until - since) / DAY, 1 / 24))


def _deviation(history: History, shape: Profile, until: datetime) -> float:
    """By which share of itself a day differs from its profile, as if each day did so by itself."""
    ratios = []
    at = until
    while at - DAY >= history.since:
        weight = shape.weight(at - DAY, at)
        ratios.append(history.spent(at - DAY, at) / weight if weight else 0.0)
        at -= DAY
    if len(ratios) < FEWEST_DAYS or not any(ratios):
        return UNKNOWN
    middle = fmean(ratios)
    apart = [ratio / middle - 1 for ratio in ratios]
    square = fmean(each * each for each in apart)
    # A busy day is followed by another: a month of such days evens out less than one of chance.
    alike = fmean(one * next_one for one, next_one in pairwise(apart)) / square if square else 0.0
    alike = min(MOST_ALIKE, max(0.0, alike))
    return max(LEAST, math.sqrt(square * (1 + alike) / (1 - alike)))


def _next_hour(at: datetime) -> datetime:
    begun = timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    return at - begun + HOUR
