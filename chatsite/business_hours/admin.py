"""Business hours in the admin."""

from django.contrib import admin
from django.http import HttpRequest

from chatsite.business_hours.models import DayOff, OpeningHours, TeamCalendar


@admin.register(TeamCalendar)
class TeamCalendarAdmin(admin.ModelAdmin[TeamCalendar]):
    list_display = ["time_zone", "country"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one team."""
        return super().has_add_permission(request) and not TeamCalendar.objects.exists()


@admin.register(OpeningHours)
class OpeningHoursAdmin(admin.ModelAdmin[OpeningHours]):
    list_display = ["weekday", "opens", "closes"]
    list_filter = ["weekday"]


@admin.register(DayOff)
class DayOffAdmin(admin.ModelAdmin[DayOff]):
    list_display = ["day", "reason"]
    date_hierarchy = "day"
