"""Alerts in the admin: on top of every page until somebody has seen to them."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from billing.alerts import deliveries, raise_alerts
from billing.alerts.models import Alert
from chatsite.staff import roles
from tests.guards import guards

LIST = reverse("admin:alerts_alert_changelist")
TEST = reverse("admin:alerts_alert_test")
INDEX = reverse("admin:index")


@pytest.fixture
def person(client, django_user_model, db):
    """Somebody of a group, signed in; of none, an account of the admin without permissions."""
    roles.grant()

    def person(group: str = "", name: str = "grace"):
        user = django_user_model.objects.create(username=name, is_staff=True)
        if group:
            user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        return user

    return person


@pytest.fixture
def alert(db) -> Alert:
    return raise_alerts.test("ada", timezone.now())


def test_an_open_alert_is_on_every_page_until_it_is_acknowledged(client, person, alert):
    grace = person(roles.STAFF)
    url = reverse("admin:alerts_alert_change", args=[alert.pk])
    assert alert.text in client.get(INDEX).content.decode()
    assert "Acknowledge" in client.get(url).content.decode()

    response = client.post(f"{url.removesuffix('change/')}acknowledge/", follow=True)

    assert response.status_code == 200
    alert.refresh_from_db()
    assert alert.acknowledged_by == grace
    assert alert.text not in client.get(INDEX).content.decode()
    assert alert.text in client.get(LIST).content.decode()
    assert alert.text not in client.get(LIST, {"acknowledged": "no"}).content.decode()


@guards(
    "billing/alerts/models.py",
    "        return self.open().filter(quiet=False)\n",
    "        return self.open()\n",
)
def test_a_quiet_alert_is_in_the_list_alone(client, person, alert):
    person(roles.STAFF)
    Alert.objects.update(quiet=True)

    assert alert.text not in client.get(INDEX).content.decode()
    assert alert.text in client.get(LIST, {"acknowledged": "no"}).content.decode()


def test_the_first_to_acknowledge_is_named(client, person, alert):
    first = person(roles.STAFF)
    url = reverse("admin:alerts_alert_acknowledge", args=[alert.pk])
    client.post(url)
    person(roles.STAFF, "second")

    again = client.post(url, follow=True)

    assert "This alert was already acknowledged." in again.content.decode()
    assert Alert.objects.get().acknowledged_by == first


def test_many_are_acknowledged_at_once(client, person, alert):
    person(roles.STAFF)
    raise_alerts.test("ada", timezone.now())
    ids = list(Alert.objects.values_list("id", flat=True))

    response = client.post(
        LIST, {"action": "acknowledge_selected", "_selected_action": ids}, follow=True
    )

    assert "2 acknowledged." in response.content.decode()
    assert not Alert.objects.open().exists()


def test_whoever_may_not_see_costs_sees_no_alert(client, person, alert):
    person()

    assert alert.text not in client.get(INDEX).content.decode()
    assert client.get(LIST).status_code == 403
    assert (
        client.post(reverse("admin:alerts_alert_acknowledge", args=[alert.pk])).status_code == 403
    )
    assert Alert.objects.open().count() == 1


@pytest.mark.parametrize(("group", "status"), [(roles.STAFF, 403), (roles.OPERATORS, 302)])
def test_operators_send_a_test(client, person, group, status):
    person(group)

    assert client.post(TEST).status_code == status
    assert client.get(TEST).status_code == 403
    assert Alert.objects.filter(rule="test").count() == (status == 302)
    assert ("Send a test alert" in client.get(LIST).content.decode()) == (status == 302)


def test_a_test_without_receivers_says_how_to_name_them(client, person):
    person(roles.OPERATORS)

    said = client.post(TEST, follow=True).content.decode()

    assert "neither ALERT_EMAILS nor ALERT_WEBHOOK_URL is set" in said


def test_deliveries_and_their_tries_are_a_log(client, person, hook):
    person(roles.STAFF)
    hook.statuses.append(503)
    alert = raise_alerts.test("ada", timezone.now())
    deliveries.deliver(timezone.now())
    delivery = alert.deliveries.get()

    shown = client.get(reverse("admin:alerts_alert_change", args=[alert.pk])).content.decode()
    listed = client.get(reverse("admin:alerts_delivery_changelist")).content.decode()
    log = client.get(reverse("admin:alerts_delivery_change", args=[delivery.pk])).content.decode()

    for page in (shown, listed, log):
        assert "status 503" in page
    assert "of-the-receiver" not in shown + listed + log


@pytest.mark.parametrize(
    ("rule", "subject", "window", "link"),
    [
        ("budget", "Site", "window:7", "/admin/billing/budgetperiod/7/change/"),
        ("conversation", "conversation:7", "", "conversation__exact=conversation%3A7"),
        ("model", "gpt-9 (default)", "", "model_returned__exact=gpt-9"),
        ("hour", "site", "2026-11-24T12:00:00+00:00", "called_at__gte=2026-11-24T12"),
    ],
)
def test_an_alert_leads_to_the_rows_behind_it(client, person, rule, subject, window, link):
    person(roles.STAFF)
    alert = Alert.objects.create(rule=rule, subject=subject, window=window, text="It is so.")

    shown = client.get(reverse("admin:alerts_alert_change", args=[alert.pk])).content.decode()

    assert link in shown
    url = reverse("admin:billing_ledgerentry_changelist")
    for part in shown.split(f"{url}?")[1:]:
        query = part.partition('"')[0].replace("&amp;", "&")
        assert client.get(f"{url}?{query}").status_code == 200
