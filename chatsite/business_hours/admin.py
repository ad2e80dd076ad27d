"""Business hours in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from chatsite.business_hours.models import DayOff, OpeningHours, TeamCalendar
from chatsite.staff.singleton_admin import OneRowAdmin


@admin.register(TeamCalendar)
class TeamCalendarAdmin(OneRowAdmin[TeamCalendar]):
    list_display = ["time_zone", "country"]


class SeveralDaysForm(forms.ModelForm[OpeningHours]):
    """The same hours on several weekdays, as most teams have them."""

    weekdays = forms.TypedMultipleChoiceField(
        choices=OpeningHours.Weekday.choices,
        coerce=int,
        initial=[0, 1, 2, 3, 4],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = OpeningHours
        fields = ["opens", "closes"]


@admin.register(OpeningHours)
class OpeningHoursAdmin(admin.ModelAdmin[OpeningHours]):
    list_display = ["weekday", "opens", "closes"]
    list_filter = ["weekday"]
    # Without Django's note on the server's clock: these are the team's own hours.
    formfield_overrides = {
        models.TimeField: {"widget": forms.TimeInput(format="%H:%M", attrs={"type": "time"})}
    }

    def get_form(
        self,
        request: HttpRequest,
        obj: OpeningHours | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        return super().get_form(
            request, obj, change, **(kwargs if obj else kwargs | {"form": SeveralDaysForm})
        )

    def get_fields(self, request: HttpRequest, obj: OpeningHours | None = None) -> Any:
        return ["weekday" if obj else "weekdays", "opens", "closes"]

    def save_model(self, request: HttpRequest, obj: OpeningHours, form: Any, change: bool) -> None:
        """Those of further weekdays are rows of their own."""
        if change:
            obj.save()
            return
        obj.weekday, *others = form.cleaned_data["weekdays"]
        obj.save()
        for weekday in others:
            more = OpeningHours.objects.create(weekday=weekday, opens=obj.opens, closes=obj.closes)
            self.log_addition(request, more, [{"added": {}}])


@admin.register(DayOff)
class DayOffAdmin(admin.ModelAdmin[DayOff]):
    list_display = ["day", "reason"]
    date_hierarchy = "day"
