"""When people of the team are there to answer: hours of the week, days off and public holidays."""

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import holidays
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from chatsite.business_hours.calendar import Calendar


def is_time_zone(name: str) -> None:
    """Raises ValidationError."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone. Enter one such as Europe/Amsterdam.")


def is_country(code: str) -> None:
    """Raises ValidationError."""
    if code not in holidays.list_supported_countries():
        raise ValidationError(f"{code} is not a known country code. Enter one such as NL.")


class TeamCalendar(models.Model):
    """One row: where the team is."""

    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[is_time_zone],
        help_text="Such as Europe/Amsterdam.",
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        validators=[is_country],
        help_text="Country code of two letters, such as NL. Its public holidays are days off. "
        "Blank: no public holidays.",
    )

    class Meta:
        verbose_name = "team calendar"

    def __str__(self) -> str:
        return f"Team calendar ({self.time_zone})"


class OpeningHours(models.Model):
    """A span of a weekday. Without any, nothing is said about when the team is there."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField(help_text="On the same day, later than the opening time.")

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")), name="business_hours_close_after_opening"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"


class DayOff(models.Model):
    """A day on which nobody of the team is there."""

    day = models.DateField(unique=True)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        verbose_name_plural = "days off"

    def __str__(self) -> str:
        return f"{self.day} {self.reason}".strip()


def calendar(now: datetime) -> Calendar | None:
    """What the three tables say; None where no hours are set. Three queries."""
    spans = [(row.weekday, row.opens, row.closes) for row in OpeningHours.objects.all()]
    if not spans:
        return None
    team = TeamCalendar.objects.first() or TeamCalendar(time_zone=settings.TIME_ZONE)
    off = set(DayOff.objects.values_list("day", flat=True))
    if team.country:
        off |= set(holidays.country_holidays(team.country, years=[now.year, now.year + 1]))
    return Calendar(ZoneInfo(team.time_zone), tuple(spans), frozenset(off))
