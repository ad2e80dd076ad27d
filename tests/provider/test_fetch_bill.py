"""Each night the newest days are compared with the provider's bill; what is odd is told."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from billing import ledger
from billing.alerts import raise_alerts
from billing.alerts.models import Alert
from billing.bills.models import BilledDay, BillReading
from billing.ledger import Call
from billing.models import Price
from billing.prices.pricing import Usage
from chatsite.provider import tasks
from chatsite.staff import roles
from tests.guards import guards
from tests.upstream.costs import ADMIN_KEY
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
LIST = "admin:bills_billedday_changelist"


@pytest.fixture(scope="module")
def provider():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def bill(provider, settings, monkeypatch):
    """What the provider bills; nothing is tried again."""
    monkeypatch.setattr("chatsite.llm.sdk_client.RETRIES", 0)
    monkeypatch.setattr(tasks, "BILL_MOST_AGAIN", 0)
    provider.reset()
    settings.OPENAI_BASE_URL = provider.url
    settings.OPENAI_ADMIN_KEY = ADMIN_KEY
    return provider.costs


@pytest.fixture
def called(db) -> None:
    """One call of gpt-4 at noon of yesterday: $0.06."""
    noon = datetime.combine(YESTERDAY, time(12), UTC)
    Price.objects.create(
        model="gpt-4",
        effective_from=noon - timedelta(days=90),
        input=30 * 10**9,
        output=60 * 10**9,
    )
    used = Usage(1000, 500)
    call = Call("reply:1:1", "answer", "gpt-4", "strong")
    ledger.reserve(call, used, expires_at=noon + timedelta(minutes=2), now=noon)
    ledger.settle("reply:1:1", used, model="gpt-4-0613", outcome="stop", now=noon)


@pytest.fixture
def operator(client, django_user_model):
    roles.grant()
    user = django_user_model.objects.create(username="grace", is_staff=True)
    user.groups.add(Group.objects.get(name=roles.OPERATORS))
    client.force_login(user)
    return client


def alerts() -> list[str]:
    raise_alerts.look_back(timezone.now())
    return [alert.text for alert in Alert.objects.filter(rule=Alert.Rule.BILL)]


def test_a_day_that_is_billed_as_recorded_is_kept_and_no_alert(called, bill, operator):
    bill.bills(YESTERDAY, "gpt-4-0613, input", "0.06")

    tasks.read_bill()

    (day,) = BilledDay.objects.all()
    assert (day.day, day.model) == (YESTERDAY, "gpt-4")
    assert (day.recorded, day.billed, day.unexplained) == (60_000_000, 60_000_000, 0)
    assert alerts() == []
    page = operator.get(reverse(LIST)).content.decode()
    assert "gpt-4" in page
    assert "equal" in page
    assert "Compared on" in page


@guards(
    "billing/alerts/rules.py",
    "    odd = BilledDay.objects.exclude(unexplained=0)",
    "    odd = BilledDay.objects.none()",
)
def test_a_difference_that_nothing_explains_is_shown_and_told_once(called, bill, operator):
    bill.bills(YESTERDAY, "gpt-4-0613, input", "2.5")

    tasks.read_bill()
    tasks.read_bill()

    (day,) = BilledDay.objects.all()
    assert day.unexplained < 0
    (text,) = alerts()
    assert text.startswith(f"gpt-4 on {YESTERDAY}: $0.06 recorded, $2.50 billed.")
    assert alerts() == [text]
    page = operator.get(reverse(LIST), {"unexplained": "yes"}).content.decode()
    assert "calls from elsewhere with the same key" in page
    alert = Alert.objects.get(rule=Alert.Rule.BILL)
    day_page = reverse("admin:bills_billedday_change", args=[day.pk])
    assert day_page in operator.get(reverse("admin:alerts_alert_change", args=[alert.pk])).text
    assert operator.get(day_page).status_code == 200


def test_figures_that_come_late_take_the_place_of_none(called, bill):
    bill.missing.add(YESTERDAY)
    tasks.read_bill()
    (day,) = BilledDay.objects.all()
    assert (day.billed, day.unexplained) == (None, 0)
    assert "no figures for this day yet" in day.explanation
    assert alerts() == []

    bill.missing.clear()
    bill.bills(YESTERDAY, "gpt-4-0613, input", "0.06")
    tasks.read_bill()

    (day,) = BilledDay.objects.all()
    assert (day.billed, day.explanation) == (60_000_000, "")


def test_what_is_odd_no_more_is_not_listed_as_odd(called, bill, operator):
    bill.bills(YESTERDAY, "gpt-4-0613, input", "2.5")
    tasks.read_bill()
    bill.lines.clear()
    bill.bills(YESTERDAY, "gpt-4-0613, input", "0.06")

    tasks.read_bill()

    page = operator.get(reverse(LIST), {"unexplained": "yes"}).content.decode()
    assert "0 days on the bill" in page


def test_the_newest_week_is_compared_and_today_is_not(called, bill):
    tasks.read_bill()

    (query,) = bill.queries
    start, end = (
        datetime.fromtimestamp(int(query[name]), UTC).date() for name in ("start_time", "end_time")
    )
    assert (start, end) == (TODAY - timedelta(days=7), TODAY)


def test_a_bill_that_cannot_be_read_is_told_and_tried_again(called, bill, operator, monkeypatch):
    queued: list[tuple[tuple[int], int]] = []
    again_later = SimpleNamespace(
        apply_async=lambda given, countdown: queued.append((given, countdown))
    )
    read_bill = tasks.read_bill
    monkeypatch.setattr(tasks, "BILL_MOST_AGAIN", 4)
    monkeypatch.setattr(tasks, "read_bill", again_later)
    bill.fails_with = 403

    for again in (0, 1, tasks.BILL_MOST_AGAIN):
        read_bill(again)

    assert queued == [((1,), 300), ((2,), 600)]
    assert not BilledDay.objects.exists()
    assert alerts() == ["The provider's bill cannot be read: unauthorised: status 403."]
    page = operator.get(reverse(LIST)).content.decode()
    assert "unauthorised: status 403" in page
    assert "customer" not in page.partition('class="help"')[2].partition("</p>")[0]


@guards("billing/alerts/rules.py", "    if not read.exists():\n", "    if True:\n")
def test_a_night_that_failed_once_and_was_read_later_is_not_told(called, bill):
    BillReading.objects.create(read_at=timezone.now() - timedelta(hours=24))
    bill.fails_with = 503

    tasks.read_bill()
    assert alerts() == []

    BillReading.objects.filter(problem="").update(read_at=timezone.now() - timedelta(hours=27))
    assert len(alerts()) == 1


def test_without_an_admin_key_nothing_is_asked_and_the_page_says_what_to_set(
    called, bill, settings, operator
):
    settings.OPENAI_ADMIN_KEY = ""

    tasks.read_bill()

    assert bill.queries == []
    assert not BillReading.objects.exists()
    assert "OPENAI_ADMIN_KEY" in operator.get(reverse(LIST)).content.decode()


def test_the_costs_page_leads_to_the_bill(operator):
    assert reverse(LIST) in operator.get(reverse("admin:billing_costs")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"model": "gpt-4"}, "bills_one_line_a_day_and_model|UNIQUE.*day"),
        ({"unexplained": 1, "billed": None}, "bills_nothing_is_odd_without_a_bill_and_a_word"),
        ({"unexplained": 1, "explanation": ""}, "bills_nothing_is_odd_without_a_bill_and_a_word"),
    ],
)
def test_a_day_of_the_bill_that_cannot_be_is_refused(wrong, constraint):
    right = {"day": YESTERDAY, "model": "m", "recorded": 1, "billed": 1, "explanation": "?"}
    BilledDay.objects.create(**(right | {"model": "gpt-4"}))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        BilledDay.objects.create(**(right | wrong))
