"""Whether the team is there, and when it will be. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Days in which the next opening is looked for.
FURTHEST = 60


@dataclass(frozen=True, slots=True)
class Calendar:
    """`spans`: weekday (0 is Monday), opening and closing time, in the team's own zone."""

    zone: ZoneInfo
    spans: tuple[tuple[int, time, time], ...]
    days_off: frozenset[date] = frozenset()

    def open_since(self, now: datetime) -> datetime | None:
        """When today's span that holds this moment began; None while the team is away."""
        local = now.astimezone(self.zone)
        return next(
            (begins for begins, ends in self._on(local.date()) if begins <= now < ends), None
        )

    def opens_next(self, now: datetime) -> datetime | None:
        """The next opening after this moment, in the team's zone; None within `FURTHEST` days."""
        today = now.astimezone(self.zone).date()
        days = (today + timedelta(days=each) for each in range(FURTHEST))
        return next((at for day in days for at, _ in self._on(day) if at > now), None)

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day in self.days_off:
            return
        for weekday, opens, closes in sorted(self.spans):
            if weekday == day.weekday():
                yield (
                    datetime.combine(day, opens, self.zone),
                    datetime.combine(day, closes, self.zone),
                )
