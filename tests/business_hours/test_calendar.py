"""When the team is there: hours of the week, days off, holidays, and a clock that changes."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from chatsite.business_hours import away
from chatsite.business_hours.calendar import Calendar
from chatsite.business_hours.models import DayOff, OpeningHours, TeamCalendar

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NINE_TO_FIVE = tuple((weekday, time(9), time(17)) for weekday in range(5))


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), True, (2026, 3, 3, 9)),  # Monday, nine there
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), False, (2026, 3, 2, 9)),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), False, (2026, 3, 3, 9)),
        (datetime(2026, 3, 6, 20, 0, tzinfo=UTC), False, (2026, 3, 9, 9)),  # Friday evening
        # The Monday after the clock went forward, an hour earlier in UTC.
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True, (2026, 3, 31, 9)),
        (datetime(2026, 4, 27, 9, 0, tzinfo=UTC), False, (2026, 4, 28, 9)),  # a day off
    ],
)
def test_the_team_is_there_by_its_own_clock(moment, is_open, opens: tuple[int, int, int, int]):
    calendar = Calendar(AMSTERDAM, NINE_TO_FIVE, frozenset({date(2026, 4, 27)}))

    assert (calendar.open_since(moment) is not None) == is_open
    assert calendar.opens_next(moment) == datetime(*opens, tzinfo=AMSTERDAM)


def test_a_team_that_never_opens_is_not_promised():
    days = frozenset(date.fromordinal(date(2026, 3, 1).toordinal() + n) for n in range(90))

    assert (
        Calendar(AMSTERDAM, NINE_TO_FIVE, days).opens_next(datetime(2026, 3, 2, tzinfo=UTC)) is None
    )


def test_customers_read_when_the_team_is_back(db):
    TeamCalendar.objects.create(time_zone="Europe/Amsterdam", country="NL")
    for weekday in range(5):
        OpeningHours.objects.create(weekday=weekday, opens=time(9), closes=time(17))
    DayOff.objects.create(day=date(2026, 3, 3))

    assert away.until_at(datetime(2026, 3, 2, 10, tzinfo=UTC)) == ""
    assert away.until_at(datetime(2026, 3, 2, 20, tzinfo=UTC)) == "2026-03-04T09:00:00+01:00"
    # King's Day, a holiday in the Netherlands.
    assert away.until_at(datetime(2026, 4, 27, 10, tzinfo=UTC)) == "2026-04-28T09:00:00+02:00"


def test_without_hours_nothing_is_said(db):
    assert away.until_at(datetime(2026, 3, 2, 3, tzinfo=UTC)) == ""


@pytest.mark.parametrize("fields", [{"time_zone": "Mars/Base"}, {"country": "QQ"}])
def test_a_place_that_does_not_exist_is_refused(db, fields):
    with pytest.raises(ValidationError):
        TeamCalendar(**fields).full_clean()


def test_an_owner_sets_the_same_hours_for_several_days_at_once(admin_client):
    page = "/admin/business_hours/openinghours/"
    nine = {"opens": "09:00", "closes": "17:00"}

    assert admin_client.get(f"{page}add/").content.decode().count(" checked") == 5
    admin_client.post(f"{page}add/", {"weekdays": ["0", "1", "4"], **nine})
    first = OpeningHours.objects.get(weekday=0)
    admin_client.post(f"{page}{first.pk}/change/", {"weekday": "5", **nine, "closes": "12:00"})

    assert [str(each) for each in OpeningHours.objects.all()] == [
        "Tuesday 09:00 to 17:00",
        "Friday 09:00 to 17:00",
        "Saturday 09:00 to 12:00",
    ]
    refused = admin_client.post(
        f"{page}add/", {"weekdays": ["2"], "opens": "9:00", "closes": "8:00"}
    )
    assert refused.status_code == 200
    assert OpeningHours.objects.count() == 3
