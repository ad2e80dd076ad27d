"""What deserves an alert, and that each crossing raises one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from billing import ledger
from billing.alerts import raise_alerts, usual_costs
from billing.alerts.models import Alert, Delivery
from billing.budgets import balances
from billing.models import Budget, Price
from tests.billing.conftest import CHEAP, NOW, WORST, budget
from tests.guards import guards

# By any of the tests below.
GUARDS = [
    ("billing/alerts/raise_alerts.py", "            if not new:\n", "            if False:\n"),
]

DOLLAR = 10**9


def spend(reserve, number: int, at=NOW, **named: str) -> None:
    settled = {name: named.pop(name) for name in ("returned", "service_tier") if name in named}
    reserve(f"reply:{number}:1", worst=WORST, now=at, **named)
    ledger.settle(
        f"reply:{number}:1",
        WORST,
        model=settled.get("returned", ""),
        service_tier=settled.get("service_tier", ""),
        outcome="stop",
        now=at,
    )


@pytest.fixture
def receivers(settings) -> None:
    settings.ALERT_EMAILS = ["boss@shop.example"]
    settings.ALERT_WEBHOOK_URL = "https://hook.example"


def test_a_warning_line_is_told_once_in_each_window(reserve, receivers):
    budget(10 * CHEAP, period="hour")
    for number in range(8):
        spend(reserve, number)

    (alert,) = raise_alerts.look(NOW)
    assert alert.text == "site  hour has reached 80 % of its $0.02 an hour: $0.016 spent."
    assert (alert.rule, alert.line) == ("budget", 80)
    assert alert.deliveries.count() == 2

    assert raise_alerts.look(NOW) == []
    for number in range(8, 10):
        spend(reserve, number)
    at_95, at_100 = raise_alerts.look(NOW)
    assert (at_95.line, at_100.line) == (95, 100)
    assert at_100.text.endswith("$0.02 spent. Customers are being turned away.")

    tomorrow = NOW + timedelta(hours=1)
    for number in range(10, 18):
        spend(reserve, number, tomorrow)
    assert [alert.line for alert in raise_alerts.look(tomorrow)] == [80]
    assert Alert.objects.count() == 4


def test_of_lines_that_are_crossed_at_once_the_highest_is_sent(reserve, receivers):
    budget(CHEAP)
    spend(reserve, 1)

    raised = raise_alerts.look(NOW)

    sent = {alert.line: alert.deliveries.count() for alert in raised}
    assert sent == {80: 0, 95: 0, 100: 2}


@guards("billing/alerts/raise_alerts.py", '                    "quiet": finding.quiet,\n', "")
@pytest.mark.parametrize(("key", "sent"), [("", 0), ("conversation:1", 2)])
def test_a_share_of_many_is_for_the_list_alone(reserve, receivers, key, sent):
    budget(CHEAP, "conversation", key=key)
    Budget.objects.update(warning_lines="80")
    spend(reserve, 1)

    (alert,) = raise_alerts.look(NOW)

    assert "(conversation:1) has reached 80 %" in alert.text
    assert (alert.deliveries.count(), alert.quiet) == (sent, not sent)


def test_two_watches_raise_an_alert_once(reserve, receivers):
    budget(CHEAP)
    Budget.objects.update(warning_lines="80")
    spend(reserve, 1)

    raised = [*raise_alerts.look(NOW), *raise_alerts.look(NOW)]

    assert len(raised) == 1
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize(
    ("limit", "hours", "told"),
    [
        (4, 30, True),
        (40, 30, False),
        # Of a site's first day.
        (4, 20, False),
    ],
)
def test_a_month_that_will_be_overrun_is_told_once(reserve, receivers, limit, hours, told):
    budget(limit * DOLLAR, period="month")
    # $0.09 an hour on the days before: some $2 a day, with a week of the month to come.
    for hour in range(1, hours):
        spend(reserve, hour, NOW - timedelta(hours=hour), model="gpt-4")

    alerts = raise_alerts.look_back(NOW)

    assert [alert.rule for alert in alerts] == ["forecast"] * told
    if told:
        assert "site  month is on course to use up its $4.00 a month on 2026-11-" in alerts[0].text
        assert alerts[0].deliveries.count() == 2
    assert raise_alerts.look_back(NOW + timedelta(minutes=1)) == []


def week(reserve, number: int = 30) -> None:
    """An ordinary week: some 30 hours and conversations of $0.09."""
    for day in range(number):
        spend(
            reserve,
            100 + day,
            NOW - timedelta(hours=5 * day + 2),
            model="gpt-4",
            conversation=f"conversation:{100 + day}",
        )


@pytest.mark.parametrize(("dollars", "raised"), [(0.18, 0), (0.27, 0), (0.36, 1)])
def test_an_hour_out_of_line_with_the_week_is_told(reserve, dollars, raised):
    week(reserve)
    for number in range(round(dollars / 0.09)):
        spend(reserve, number, model="gpt-4", conversation=f"conversation:{number}")

    alerts = raise_alerts.look_back(NOW + timedelta(minutes=1))

    assert [alert.rule for alert in alerts] == ["hour"] * raised
    if raised:
        assert "This hour has cost $0.36 so far" in alerts[0].text
        assert raise_alerts.look_back(NOW + timedelta(minutes=2)) == []


def test_a_conversation_out_of_line_with_the_week_is_told_once(reserve):
    week(reserve)
    for number in range(4):
        at = NOW - timedelta(minutes=50 * (3 - number) / 3)
        spend(reserve, number, at, model="gpt-4", conversation="conversation:7")

    alerts = raise_alerts.look_back(NOW + timedelta(minutes=1))

    told = [alert for alert in alerts if alert.rule == "conversation"]
    assert [alert.subject for alert in told] == ["conversation:7"]
    assert "$0.36 so far" in told[0].text
    assert raise_alerts.look_back(NOW + timedelta(minutes=2)) == []


def test_a_week_too_short_says_nothing(reserve):
    week(reserve, 5)
    for number in range(9):
        spend(reserve, number, model="gpt-4")

    assert raise_alerts.look_back(NOW + timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    ("returned", "service_tier", "told"),
    [
        ("gpt-4", "", ""),
        # A snapshot of the one asked is no stranger.
        ("gpt-4-0613", "default", ""),
        ("gpt-5-preview", "", "gpt-5-preview (default) answered but has no price"),
        ("gpt-4", "scale", "gpt-4 (scale) answered but has no price"),
    ],
)
def test_a_model_without_a_price_is_told_once(reserve, returned, service_tier, told):
    spend(reserve, 1, model="gpt-4", returned=returned, service_tier=service_tier)

    alerts = raise_alerts.look_back(NOW + timedelta(minutes=1))

    assert [alert.text[: len(told)] for alert in alerts] == ([told] if told else [])
    spend(reserve, 2, model="gpt-4", returned=returned, service_tier=service_tier)
    assert raise_alerts.look_back(NOW + timedelta(minutes=2)) == []


def test_a_model_that_has_a_price_by_now_is_told_no_more(reserve):
    spend(reserve, 1, model="gpt-4", returned="gpt-5-preview")
    raise_alerts.look_back(NOW + timedelta(minutes=1))
    Price.objects.create(model="gpt-5-preview", effective_from=NOW, input=DOLLAR, output=DOLLAR)

    spend(reserve, 2, model="gpt-4", returned="gpt-5-preview", at=NOW + timedelta(minutes=2))

    assert raise_alerts.look_back(NOW + timedelta(minutes=3)) == []


@pytest.mark.parametrize(
    ("count", "place"),
    # One in twenty may stand out.
    [(0, None), (23, None), (24, 22), (40, 37), (1000, 949)],
)
def test_what_is_ordinary_is_told_by_enough_of_the_week(count, place):
    assert usual_costs.place(count) == place


def test_what_is_ordinary_is_not_a_few_cents():
    assert usual_costs.most(DOLLAR) == 3 * DOLLAR
    assert usual_costs.most(1) == usual_costs.LEAST


def test_a_crossing_has_one_alert_and_a_channel_one_delivery(db):
    same = {"rule": "hour", "subject": "site", "window": "w", "line": 0, "text": "?"}
    alert = Alert.objects.create(**same)
    Delivery.objects.create(alert=alert, channel="email")

    for constraint, again in (
        ("alerts_once_per_crossing|UNIQUE.*subject", lambda: Alert.objects.create(**same)),
        (
            "alerts_one_delivery_each|UNIQUE.*channel",
            lambda: Delivery.objects.create(alert=alert, channel="email"),
        ),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            again()


def test_a_line_is_armed_again_where_the_limit_is_raised(reserve, receivers):
    raised = budget(5 * CHEAP)
    for number in range(4):
        spend(reserve, number)
    assert [alert.line for alert in raise_alerts.look(NOW)] == [80]

    Budget.objects.filter(pk=raised.pk).update(limit=10 * CHEAP)
    assert raise_alerts.look(NOW) == []
    for number in range(4, 8):
        spend(reserve, number)

    (alert,) = raise_alerts.look(NOW)
    assert (alert.line, alert.deliveries.count()) == (80, 2)
    assert "80 % of its $0.02 in total" in alert.text


def test_a_limit_that_is_lowered_below_what_is_spent_is_the_one_that_is_told(reserve, receivers):
    lowered = budget(10 * CHEAP, period="day")
    for number in range(6):
        spend(reserve, number)
    Budget.objects.filter(pk=lowered.pk).update(limit=4 * CHEAP)
    balances.follow_limits(lowered.windows.all())

    *_, alert = raise_alerts.look(NOW)

    assert alert.line == 100
    assert alert.text == (
        "site  day has reached 100 % of its $0.008 a day: $0.012 spent."
        " Customers are being turned away."
    )
