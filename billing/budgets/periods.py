"""When a budget's hour, day or month began."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum


class Period(StrEnum):
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


# As in "$10 a day".
PER: dict[str, str] = {
    Period.HOUR: "an hour",
    Period.DAY: "a day",
    Period.MONTH: "a month",
    Period.TOTAL: "in total",
}

# The one window of a budget that never starts over.
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def starts(now: datetime, zone: tzinfo) -> dict[Period, datetime]:
    """The start of the current window of each period, on the clocks of the zone.

    A day of 23 or 25 hours is one window, and the hour that summer time repeats is two.
    """
    local = now.astimezone(zone)
    # In absolute time: the two hours that read 02:00 differ.
    into_the_hour = timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone)
    return {
        Period.HOUR: (now - into_the_hour).astimezone(UTC),
        Period.DAY: midnight.astimezone(UTC),
        Period.MONTH: midnight.replace(day=1).astimezone(UTC),
        Period.TOTAL: ALWAYS,
    }


def end(period: Period, starts_at: datetime, zone: tzinfo) -> datetime | None:
    """When the window that starts then is over; None where it never is."""
    local = starts_at.astimezone(zone)
    match period:
        case Period.HOUR:
            return starts_at + timedelta(hours=1)
        case Period.DAY:
            # On the clocks: a day may have 23 or 25 hours.
            return (local + timedelta(days=1)).astimezone(UTC)
        case Period.MONTH:
            return (local.replace(day=1) + timedelta(days=32)).replace(day=1).astimezone(UTC)
    return None
