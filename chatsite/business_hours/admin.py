"""Business hours in the admin."""

from django.contrib import admin

from chatsite.business_hours.models import DayOff, OpeningHours, TeamCalendar
from chatsite.staff.singleton_admin import OneRowAdmin


@admin.register(TeamCalendar)
class TeamCalendarAdmin(OneRowAdmin[TeamCalendar]):
    list_display = ["time_zone", "country"]


@admin.register(OpeningHours)
class OpeningHoursAdmin(admin.ModelAdmin[OpeningHours]):
    list_display = ["weekday", "opens", "closes"]
    list_filter = ["weekday"]


@admin.register(DayOff)
class DayOffAdmin(admin.ModelAdmin[DayOff]):
    list_display = ["day", "reason"]
    date_hierarchy = "day"
