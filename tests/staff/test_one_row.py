"""What has one row is opened at that row, and no second one is added."""

import pytest
from django.urls import reverse

from chatsite.business_hours.models import TeamCalendar

pytestmark = pytest.mark.django_db

LIST = "/admin/business_hours/teamcalendar/"


def test_without_a_row_the_list_is_the_form_for_it(admin_client):
    page = admin_client.get(LIST, follow=True)

    assert page.redirect_chain == [(f"{LIST}add/", 302)]
    assert page.status_code == 200


def test_with_a_row_list_and_form_lead_to_it(admin_client):
    row = TeamCalendar.objects.create(time_zone="UTC")

    at = reverse("admin:business_hours_teamcalendar_change", args=[row.pk])
    for address in (LIST, f"{LIST}add/"):
        page = admin_client.get(address, follow=True)
        assert page.redirect_chain[-1] == (at, 302)

    admin_client.post(f"{LIST}add/", {"time_zone": "Europe/Amsterdam", "country": ""})
    assert TeamCalendar.objects.count() == 1
