"""A budget that paces itself raises the threshold by what it takes, and writes down why."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.forms import BooleanField
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import clock, ledger, tasks
from billing.admin.forms import BudgetForm
from billing.alerts import raise_alerts
from billing.budgets import balances
from billing.budgets.balances import Keys
from billing.errors import NoPrice
from billing.models import (
    Budget,
    BudgetPeriod,
    PacingChange,
    Tally,
)
from billing.pacing import apply_pacing
from billing.pacing.spending_profile import History
from billing.pacing.threshold_increase import Outcome, Rise, Traffic
from chatsite.staff import roles
from tests.billing.conftest import NOW, budget
from tests.guards import guards

DOLLAR = 10**9
MONTH = datetime.fromisoformat("2026-11-01T00:00+01:00")
EACH_HOUR = DOLLAR // 100  # $0.24 a day, and 6.5 days of the month to come
LOG = reverse("admin:billing_pacingchange_changelist")
KEYS = Keys(conversation="", visitor="", tier="strong", model="gpt-4")


def traffic(known: History, now: datetime) -> Traffic:
    """Each point saves a tenth."""
    rises = tuple(Rise(tenth / 10, 1 - tenth / 100, 14 * tenth) for tenth in range(41))
    return Traffic(7, 14, 1000, 1.0, rises)


def unpriced(known: History, now: datetime) -> Traffic:
    raise NoPrice("gpt-4")


@pytest.fixture
def history(db, settings) -> None:
    """Of two weeks, a cent an hour."""
    settings.TRAFFIC_AT_THRESHOLDS = f"{__name__}.traffic"
    hour = NOW.replace(minute=0)
    zero = {
        field.name: 0
        for field in Tally._meta.fields
        if field.name not in {"id", "quarter", "tier", "model", "purpose", "outcome", "amount"}
    }
    Tally.objects.bulk_create(
        Tally(quarter=hour - timedelta(hours=ago), amount=EACH_HOUR, **zero)
        for ago in range(1, 14 * 24 + 1)
    )


def signed_in(group: str) -> Client:
    roles.grant()
    user = User.objects.create(username=group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def operator(db) -> Client:
    return signed_in(roles.OPERATORS)


@pytest.fixture
def staff(db) -> Client:
    return signed_in(roles.STAFF)


@pytest.fixture
def month(history) -> Budget:
    return paced(limit=7 * DOLLAR)


def paced(limit: int, spent: int = 5 * DOLLAR + DOLLAR // 2, **change: object) -> Budget:
    found = budget(limit, period="month")
    Budget.objects.filter(pk=found.pk).update(**{"paces_itself": True, **change})
    BudgetPeriod.objects.create(budget=found, starts_at=MONTH, limit=limit, spent=spent)
    return stored(found)


def stored(found: Budget) -> Budget:
    return Budget.objects.get(pk=found.pk)


def in_force(now: datetime = NOW) -> float:
    """As a message is decided with."""
    return max(use.paced_points for use in balances.uses(KEYS, now))


def test_the_threshold_rises_as_far_as_it_takes_and_the_log_says_why(month):
    # Some $1.56 are to come and $1.50 are left, of which $1.43 are aimed at.
    adjustment = apply_pacing.adjust(month, NOW)

    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points_before) == (Outcome.RAISED, 0)
    assert adjustment.points == in_force() == stored(month).paced_points == 0.8
    assert adjustment.reason == (
        "At threshold 7, the budget would be used up on 30 November. At 7.8, it lasts "
        "to the end, with 8 messages a day to the cheap tier."
    )
    assert (adjustment.limit, adjustment.spent) == (7 * DOLLAR, 5_500_000_000)
    assert adjustment.expected == pytest.approx(0.99 * 7 * DOLLAR, rel=0.002)
    assert adjustment.hit_at is not None


@guards("billing/budgets/balances.py", " AND b.paced_at >= %s", " AND %s IS NOT NULL")
@pytest.mark.parametrize(("most", "lasts"), [(2, True), (0.1, False)])
def test_whether_it_lasts_so_is_known_to_its_ladder(history, most, lasts):
    month = paced(6_950 * DOLLAR // 1000, pace_at_most=most)

    apply_pacing.adjust(month, NOW)

    assert [use.lasts for use in balances.uses(KEYS, NOW + timedelta(hours=1))] == [lasts]
    # Not where nobody has looked since.
    assert [use.lasts for use in balances.uses(KEYS, NOW + timedelta(hours=3))] == [False]


def test_a_look_that_finds_the_same_writes_nothing_down(month):
    apply_pacing.adjust(month, NOW)

    later = NOW + timedelta(minutes=10)
    assert apply_pacing.adjust(stored(month), later) is None

    assert stored(month).paced_at == later
    assert PacingChange.objects.count() == 1


def test_the_threshold_comes_down_again(month):
    apply_pacing.adjust(month, NOW)
    Budget.objects.update(limit=9 * DOLLAR)
    balances.follow_limits(BudgetPeriod.objects.all())

    adjustment = apply_pacing.adjust(stored(month), NOW + timedelta(hours=1))

    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points_before) == (Outcome.LASTS, 0.8)
    assert adjustment.points == in_force() == 0
    assert adjustment.reason.startswith("At threshold 7, $7.0")
    assert adjustment.reason.endswith(" of $9.00 will be spent by its end.")


@guards(
    "billing/pacing/threshold_increase.py",
    "[rise for rise in traffic.rises if rise.points <= most]",
    "list(traffic.rises)",
)
def test_no_more_is_raised_than_is_allowed(history):
    month = paced(7 * DOLLAR, pace_at_most=0.5)

    adjustment = apply_pacing.adjust(month, NOW)

    # It would take 0.8 points.
    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points, in_force()) == (Outcome.RAISED, 0.5, 0.5)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (6_900, "At 7.1, the most that is allowed, it comes to $7.03 of $6.90."),
        (6_900, "A threshold of 8.4 would last to the end."),
        (5_600, "No threshold would last to the end."),
    ],
)
def test_it_says_so_where_all_that_is_allowed_is_not_enough(history, limit, words):
    month = paced(limit * DOLLAR // 1000, pace_at_most=0.1)

    adjustment = apply_pacing.adjust(month, NOW)

    assert adjustment is not None
    assert (adjustment.outcome, adjustment.points) == (Outcome.BOUND, 0.1)
    assert words in adjustment.reason


def test_without_a_price_nothing_is_raised_and_it_says_so(month, settings):
    apply_pacing.adjust(month, NOW)
    settings.TRAFFIC_AT_THRESHOLDS = f"{__name__}.unpriced"

    adjustment = apply_pacing.adjust(stored(month), NOW)

    assert adjustment is not None
    assert (adjustment.outcome, in_force()) == (Outcome.UNKNOWN, 0)
    assert adjustment.reason.startswith("The effect of the threshold is not known: ")


@guards(
    "billing/budgets/balances.py",
    "CASE WHEN b.paced_at >= s.starts_at THEN b.paced_points ELSE 0 END",
    "b.paced_points",
)
def test_the_next_month_begins_without(month):
    apply_pacing.adjust(month, NOW)
    december = datetime.fromisoformat("2026-12-01T00:01+01:00")

    assert in_force(december) == 0
    adjustment = apply_pacing.adjust(stored(month), december)
    assert adjustment is not None
    assert (adjustment.points_before, adjustment.spent) == (0, 0)


@pytest.mark.parametrize(("limit", "points"), [(250, 0), (235, 0.7)])
def test_a_days_budget_paces_itself_to_midnight(history, limit, points):
    # 13:30: 13 cents and a half are spent, and ten and a half are to come.
    day = budget(limit * DOLLAR // 1000, period="day")
    Budget.objects.update(paces_itself=True)
    today = datetime.fromisoformat("2026-11-24T00:00+01:00")
    BudgetPeriod.objects.create(
        budget=day, starts_at=today, limit=day.limit, spent=135 * DOLLAR // 1000
    )

    adjustment = apply_pacing.adjust(stored(day), NOW)

    assert adjustment is not None
    assert adjustment.points == in_force() == points
    if points:
        assert adjustment.reason.startswith(
            "At threshold 7, the budget would be used up at 00:00. At 7.7, it lasts"
        )
    assert in_force(NOW + timedelta(days=1)) == 0


@guards("billing/pacing/apply_pacing.py", "        paced_at=budget.paced_at,\n", "")
def test_of_two_looks_at_once_one_counts(month):
    first, second = stored(month), stored(month)

    assert apply_pacing.adjust(first, NOW)
    assert apply_pacing.adjust(second, NOW + timedelta(seconds=1)) is None

    assert stored(month).paced_at == NOW
    assert PacingChange.objects.count() == 1


@guards(
    "billing/pacing/apply_pacing.py",
    "        limit=budget.limit,\n        pace_at_most=budget.pace_at_most,\n",
    "",
)
@pytest.mark.parametrize(
    "change",
    [{"limit": 99 * DOLLAR}, {"pace_at_most": 0.5}, {"paces_itself": False}, {"active": False}],
)
def test_an_edit_during_a_look_counts(month, change):
    read = stored(month)
    Budget.objects.update(**change)

    assert apply_pacing.adjust(read, NOW) is None

    assert (stored(month).paced_points, stored(month).paced_at) == (0, None)
    assert not PacingChange.objects.exists()


def test_the_hourly_look_is_at_those_that_pace_themselves(month, monkeypatch):
    for module in (timezone, clock):
        monkeypatch.setattr(module, "now", lambda: NOW)
    plain = budget(DOLLAR, period="day")

    tasks.pace()

    assert [each.budget for each in PacingChange.objects.all()] == [month]
    assert stored(plain).paced_at is None


def test_a_stopped_budget_leaves_the_threshold_alone_at_once(month, django_user_model):
    apply_pacing.adjust(month, NOW)
    olga = django_user_model.objects.create(username="olga")
    looking = stored(month)

    assert apply_pacing.stop(stored(month), olga)

    assert in_force() == 0
    stopped = PacingChange.objects.get(outcome=Outcome.STOPPED)
    assert (stopped.points, stopped.by, stopped.reason) == (0, olga, "Stopped by olga.")
    # A look that was under way does not bring it back.
    assert apply_pacing.adjust(looking, NOW + timedelta(seconds=1)) is None
    assert in_force() == 0
    assert not apply_pacing.stop(stored(month), olga)


@pytest.mark.parametrize(
    "change",
    [
        {"paced_points": 1.0},  # and was never looked at
        {"paced_points": 2.1, "paced_at": NOW},
        {"paced_points": -0.1, "paced_at": NOW},
        {"paces_itself": False, "paced_points": 1.0, "paced_at": NOW},
        {"pace_at_most": 0},
        {"scope": "tier"},
        {"period": "hour"},
        {"period": "total"},
    ],
)
def test_the_database_holds_the_bounds(month, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Budget.objects.update(**change)


# What is told of it.


@guards(
    "billing/alerts/rules.py",
    "        if window.budget.points_since(window.starts_at):\n",
    "        if False:\n",
)
@pytest.mark.parametrize(
    ("limit", "paces", "rules"),
    [
        (6_900, False, ["forecast"]),
        # It sees to it.
        (7_000, True, []),
        (6_900, True, ["pacing"]),
    ],
)
def test_that_it_raises_all_it_may_in_vain_is_told_once(history, reserve, now, limit, paces, rules):
    month = paced(limit * DOLLAR // 1000, paces_itself=paces, pace_at_most=0.5)
    # No site's first day.
    reserve(now=NOW - timedelta(days=2))
    ledger.settle("reply:1:1", None, outcome="timeout", now=NOW - timedelta(days=2))
    apply_pacing.look(NOW)

    raised = raise_alerts.look_back(NOW)

    assert [alert.rule for alert in raised] == rules
    assert raise_alerts.look_back(NOW + timedelta(minutes=10)) == []
    if rules == ["pacing"]:
        assert raised[0].text == (
            f"{month} has raised the threshold by 0.5, its limit, and is still on course for"
            " $6.97 of its $6.90 a month. Allow a higher threshold, or raise the budget's limit."
        )
        apply_pacing.stop(month, User.objects.create(username="olga"))
        assert [alert.rule for alert in raise_alerts.look_back(NOW)] == ["forecast"]


# What operators and staff do and see.


def url(month: Budget, verb: str = "change") -> str:
    return f"/admin/billing/budget/{month.pk}/{verb}/"


def typed(month: Budget, **change: str) -> dict[str, str]:
    """The form of a budget as its page has it; `on` for a mark."""
    form = BudgetForm(instance=month)
    values = {name: form[name].value() for name in form.fields}
    marks = {name for name, field in form.fields.items() if isinstance(field, BooleanField)}
    shown = {
        name: "on" if name in marks else str(value)
        for name, value in values.items()
        if value is not None and value is not False
    }
    shown["initial-paces_itself"] = str(month.paces_itself)
    management = {"windows-TOTAL_FORMS": "0", "windows-INITIAL_FORMS": "0"}
    return shown | management | change


def without(sent: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in sent.items() if key != name}


@pytest.fixture
def now(monkeypatch) -> datetime:
    for module in (timezone, clock):
        monkeypatch.setattr(module, "now", lambda: NOW)
    return NOW


def test_the_page_says_what_it_does_and_stops_it(operator, month, now):
    apply_pacing.adjust(month, NOW)

    seen = operator.get(url(month)).content.decode()
    assert "The threshold is raised by 0.8 points, of at most 2." in seen
    assert "At 7.8, it lasts to the end, with 8 messages a day to the cheap tier." in seen
    told = operator.get(url(month, "lasting")).content.decode()
    assert f'href="{reverse("tuning:threshold")}?threshold=7.8"' in told
    assert "Last checked 24 November, 13:30. Checked every hour." in seen

    assert operator.get(url(month, "stop")).status_code == 403
    stopped = operator.post(url(month, "stop"), follow=True)
    assert "Pacing stopped: the policy&#x27;s threshold applies." in stopped.content.decode()
    assert "Stopped by " in stopped.content.decode()
    assert in_force() == 0
    again = operator.post(url(month, "stop"), follow=True)
    assert "Pacing had already been stopped." in again.content.decode()
    assert PacingChange.objects.count() == 2


@pytest.mark.parametrize(
    ("paces", "limit", "words"),
    [
        (True, 7, "At 7.8, it lasts to the end"),
        (
            False,
            7,
            "At this pace, the budget is used up on 30 November. A threshold of 7.8 would last",
        ),
        (False, 9, "At this pace, the budget lasts to the end."),
    ],
)
def test_the_dashboard_is_told_what_would_last(staff, history, now, paces, limit, words):
    month = paced(limit * DOLLAR, paces_itself=paces)
    apply_pacing.look(NOW)

    told = staff.get(url(month, "lasting")).content.decode()

    assert words in told
    assert (f'href="{reverse("tuning:threshold")}?threshold=7.8"' in told) == ("7.8" in words)


def test_a_look_that_is_overdue_is_pointed_out(operator, month, monkeypatch):
    apply_pacing.adjust(month, NOW)
    for module in (timezone, clock):
        monkeypatch.setattr(module, "now", lambda: NOW + timedelta(hours=3))

    seen = operator.get(url(month)).content.decode()

    assert "It should be checked every hour: is the beat process running?" in seen


@guards(
    "billing/admin/budgets.py",
    '        if request.method != "POST" or not self.has_change_permission(request):\n',
    '        if request.method != "POST":\n',
)
def test_staff_read_the_log_and_stop_nothing(staff, month, now):
    apply_pacing.adjust(month, NOW)

    seen = staff.get(url(month)).content.decode()
    assert "0 → 0.8" in seen
    assert "Stop pacing" not in seen
    assert "At threshold 7, the budget would be used up" in staff.get(LOG).content.decode()
    entry = PacingChange.objects.get()
    assert "$7.0" in staff.get(f"{LOG}{entry.pk}/change/").content.decode()

    assert staff.post(url(month, "stop")).status_code == 403
    assert staff.post(url(month), typed(month)).status_code == 403
    assert in_force() == 0.8


def test_an_operator_switches_it_on_and_it_is_looked_at_in_a_moment(
    operator, history, now, monkeypatch, django_capture_on_commit_callbacks
):
    month = paced(7 * DOLLAR)
    Budget.objects.update(paces_itself=False)
    monkeypatch.setattr(tasks.pace, "delay", tasks.pace)

    with django_capture_on_commit_callbacks(execute=True):
        sent = typed(stored(month), paces_itself="on", pace_at_most="1")
        assert operator.post(url(month), sent).status_code == 302

    assert in_force() == 0.8


@guards(
    "billing/admin/budgets.py",
    "            apply_pacing.keep(obj, request.user, switched=switched)\n",
    "",
)
def test_a_look_while_the_form_is_open_is_not_undone(operator, month, now):
    sent = typed(month, name="Renamed")
    apply_pacing.adjust(month, NOW)

    assert operator.post(url(month), sent).status_code == 302

    assert (stored(month).name, in_force()) == ("Renamed", 0.8)


@guards("billing/pacing/apply_pacing.py", "    if not switched:\n", "    if False:\n")
def test_a_page_of_before_it_was_stopped_does_not_start_it_again(operator, month, now):
    assert 'name="initial-paces_itself" value="True"' in operator.get(url(month)).content.decode()
    sent = typed(month, name="Renamed")
    apply_pacing.stop(month, User.objects.create(username="olga"))

    assert operator.post(url(month), sent).status_code == 302

    assert (stored(month).name, stored(month).paces_itself) == ("Renamed", False)


def test_less_that_is_allowed_counts_at_once(operator, month, now):
    apply_pacing.adjust(month, NOW)

    assert operator.post(url(month), typed(month, pace_at_most="0.5")).status_code == 302

    assert in_force() == 0.5


def test_without_its_mark_it_stops_at_once(operator, month, now):
    apply_pacing.adjust(month, NOW)

    sent = without(typed(month), "paces_itself")
    assert operator.post(url(month), sent).status_code == 302

    assert (in_force(), stored(month).paced_at) == (0, None)
    assert PacingChange.objects.filter(outcome=Outcome.STOPPED).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"scope": "visitor"},
            "Only a daily or monthly budget of the whole site can be spread over its period.",
        ),
        (
            {"period": "hour"},
            "Only a daily or monthly budget of the whole site can be spread over its period.",
        ),
        ({"pace_at_most": "0"}, "greater than or equal to 0.1"),
        ({"pace_at_most": "10.5"}, "less than or equal to 10"),
    ],
)
def test_what_cannot_pace_itself_is_refused(operator, month, change, words):
    sent = typed(month, name="Another", **change)

    refused = operator.post("/admin/billing/budget/add/", sent)

    assert words in refused.content.decode()
    assert Budget.objects.count() == 1


def test_where_there_is_no_pace_none_is_offered(operator, db):
    visitor = budget(DOLLAR, "visitor", "day")

    assert "paces_itself" not in operator.get(url(visitor)).content.decode()
