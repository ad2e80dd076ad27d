"""The forecast of a month's budget against what the month then did, on generated traffic.

    python -m tests.accuracy.forecast --months 200

Each month has eight weeks before it. Its traffic has quiet nights and weekends, a level that
wanders from day to day, a trend, here and there a day of twice the questions, and answers whose
cost is skewed. The budget's limit is such that some months keep to it and some do not. Beside the
forecast stands the usual one: what is spent so far, divided by the part of the month that is over.
"""

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

from billing.pacing import spending_profile
from billing.pacing.spending_profile import History
from tests.tables import show

ZONE = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
# From Monday.
WEEK = (1.3, 1.15, 1.1, 1.05, 1.0, 0.5, 0.35)
NIGHT, MORNING, NOON, EVENING = 0.08, 1.2, 1.0, 1.7
ANSWERS = 40.0  # an hour, on average
CENT = 10_000_000  # nano-dollars
ASKED_AT = (3, 7, 14, 21)  # days into the month


@dataclass(frozen=True, slots=True)
class Month:
    starts_at: datetime
    ends_at: datetime
    hours: dict[datetime, int]

    def spent(self, since: datetime, until: datetime) -> int:
        return sum(amount for at, amount in self.hours.items() if since <= at < until)

    def hit_at(self, limit: int) -> datetime | None:
        spent, at = 0, self.starts_at
        while at < self.ends_at:
            spent += self.hours[at]
            at += HOUR
            if spent >= limit:
                return at
        return None


def months(count: int, seed: int) -> Iterator[Month]:
    chance = random.Random(seed)
    for number in range(count):
        year, month = 2026 + (number // 12) % 4, number % 12 + 1
        starts = datetime(year, month, 1, tzinfo=ZONE)
        ends = (starts + timedelta(days=32)).replace(day=1)
        yield Month(
            starts.astimezone(UTC),
            ends.astimezone(UTC),
            _hours(chance, starts.astimezone(UTC) - timedelta(weeks=8), ends.astimezone(UTC)),
        )


def _hours(chance: random.Random, since: datetime, until: datetime) -> dict[datetime, int]:
    return {
        at: sum(_cost(chance) for _ in range(count)) for at, count in answers(chance, since, until)
    }


def answers(
    chance: random.Random, since: datetime, until: datetime
) -> Iterator[tuple[datetime, int]]:
    """How many each hour has."""
    trend = chance.gauss(0.0, 0.002)  # of the level, each day
    level, day, at = 0.0, None, since
    while at < until:
        local = at.astimezone(ZONE)
        if local.date() != day:
            day = local.date()
            level = 0.8 * level + chance.gauss(trend, 0.08)
            rush = 2.0 if chance.random() < 0.02 else 1.0
            grown = math.exp(trend * (at - since).days)
        expected = ANSWERS * WEEK[local.weekday()] * _of_day(local.hour) * grown * rush
        yield at, _poisson(chance, expected * math.exp(level))
        at += HOUR


def _of_day(hour: int) -> float:
    if hour < 7:
        return NIGHT
    return MORNING if hour < 12 else NOON if hour < 18 else EVENING


def _cost(chance: random.Random) -> int:
    """Most answers are the cheap tier's; one of four costs thirty times as much."""
    typical = 1.5 * CENT if chance.random() < 0.25 else 0.05 * CENT
    return round(typical * chance.lognormvariate(0, 0.4))


def _poisson(chance: random.Random, expected: float) -> int:
    return max(0, round(chance.gauss(expected, math.sqrt(expected))))


@dataclass(frozen=True, slots=True)
class Outcome:
    day: int
    error: float  # of the month's total, as a share of it
    naive: float
    inside: bool  # the total within the interval
    hit_days: float | None  # between the time it was hit and the one foretold; both are known
    agrees: bool  # whether it is hit at all


def outcomes(month: Month, limit: int) -> Iterator[Outcome]:
    total = month.spent(month.starts_at, month.ends_at)
    hit = month.hit_at(limit)
    for day in ASKED_AT:
        now = month.starts_at + timedelta(days=day, hours=10)
        if hit and hit <= now:
            continue
        known = History(
            min(month.hours), now, {at: spent for at, spent in month.hours.items() if at < now}
        )
        spent = month.spent(month.starts_at, now)
        told = spending_profile.forecast(
            known,
            spending_profile.profile(known, ZONE),
            spent=spent,
            limit=limit,
            now=now,
            ends_at=month.ends_at,
        )
        over = (now - month.starts_at) / (month.ends_at - month.starts_at)
        yield Outcome(
            day=day,
            error=abs(told.end.expected - total) / total,
            naive=abs(spent / over - total) / total,
            inside=told.end.low <= total <= told.end.high,
            hit_days=abs(told.hit_at - hit) / timedelta(days=1) if hit and told.hit_at else None,
            agrees=(hit is None) == (told.hit_at is None),
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.accuracy.forecast", description=__doc__)
    parser.add_argument("--months", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    found = [
        outcome
        for month in months(options.months, options.seed)
        for outcome in outcomes(
            month,
            round(month.spent(month.starts_at, month.ends_at) * chance.uniform(0.6, 1.3)),
        )
    ]
    rows = []
    for day in ASKED_AT:
        of_day = [outcome for outcome in found if outcome.day == day]
        hits = [outcome.hit_days for outcome in of_day if outcome.hit_days is not None]
        rows.append(
            {
                "asked on day": day,
                "months": len(of_day),
                "error of the total": f"{median(outcome.error for outcome in of_day):.1%}",
                "of spent / time over": f"{median(outcome.naive for outcome in of_day):.1%}",
                "within the 80 % interval": f"{mean(outcome.inside for outcome in of_day):.0%}",
                "days off the hit": f"{median(hits):.1f}" if hits else "",
                "right whether it is hit": f"{mean(outcome.agrees for outcome in of_day):.0%}",
            }
        )
    show(f"Forecasts of {options.months} months, medians", rows)


if __name__ == "__main__":
    main()
