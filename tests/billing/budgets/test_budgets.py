"""Which budgets a call falls under, and when one has no room."""

from datetime import datetime, timedelta

import pytest
from django.db.models import Sum

from billing import ledger
from billing.errors import NoRoom
from billing.models import Budget, BudgetPeriod, LedgerEntry
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW, STRONG, budget
from tests.guards import guards

# By any of the tests below.
GUARDS = [
    (
        "billing/budgets/balances.py",
        "[held, amount, max(0, amount - held), *ids]",
        "[held, amount, amount, *ids]",
    ),
    ("billing/budgets/balances.py", "    if taken < len(places):\n", "    if not taken:\n"),
]


def used() -> dict[tuple[str, str], int]:
    return {
        (window.budget.scope, window.key): window.spent + window.reserved
        for window in BudgetPeriod.objects.select_related("budget")
    }


@guards("billing/budgets/balances.py", "(c.key <> '' OR b.scope = 'site')", "(c.key = c.key)")
def test_a_call_counts_in_every_budget_it_falls_under(reserve):
    for scope in Budget.Scope.values:
        budget(10 * CHEAP, scope)

    reserve()

    assert used() == {
        ("site", ""): CHEAP,
        ("conversation", "conversation:1"): CHEAP,
        ("visitor", "v1"): CHEAP,
        ("tier", "cheap"): CHEAP,
        ("model", "gpt-3.5-turbo"): CHEAP,
    }


@guards("billing/budgets/balances.py", "AND b.key IN ('', c.key)", "AND b.key IN (b.key)")
@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("conversation", "conversation:2"),
        ("visitor", "v2"),
        ("tier", "strong"),
        ("model", "gpt-4"),
        # The names of scopes do not mix.
        ("visitor", "cheap"),
    ],
)
def test_a_budget_of_one_key_is_for_that_key(reserve, scope, key):
    budget(0, scope, key=key)
    budget(10 * CHEAP, scope)

    reserve()

    assert set(used().values()) == {CHEAP}


@guards(
    "billing/budgets/balances.py",
    "AND w.starts_at = s.starts_at AND w.key = c.key",
    "AND w.starts_at = s.starts_at",
)
def test_each_conversation_has_the_limit_for_itself(reserve):
    budget(CHEAP, "conversation")

    reserve("reply:1:1", conversation="conversation:1")
    reserve("reply:2:1", conversation="conversation:2")

    with pytest.raises(NoRoom):
        reserve("reply:3:1", conversation="conversation:1")


def test_a_call_without_a_conversation_is_in_no_conversation_budget(reserve):
    budget(0, "conversation")

    assert reserve(conversation="") == CHEAP


@guards("billing/budgets/balances.py", "WHERE b.active AND (c.key", "WHERE (c.key")
def test_a_budget_that_is_not_active_limits_nothing(reserve):
    Budget.objects.filter(pk=budget(0).pk).update(active=False)

    assert reserve() == CHEAP


def test_a_refusal_names_the_budget_and_what_it_has_left(reserve):
    budget(10 * STRONG)
    tight = budget(STRONG + 5, "visitor", "day")
    reserve("reply:1:1", model="gpt-4", tier="strong")

    with pytest.raises(NoRoom) as refusal:
        reserve("reply:2:1")

    error = refusal.value
    assert (error.budget, error.needed, error.left) == (tight.name, CHEAP, 5)


def test_the_last_nano_dollar_is_granted_and_no_more(reserve):
    budget(2 * CHEAP)
    reserve("reply:1:1")
    reserve("reply:2:1")

    with pytest.raises(NoRoom):
        reserve("reply:3:1", worst=Usage(1, 0))


def test_what_a_call_did_not_need_is_free_again(reserve):
    budget(CHEAP)
    reserve("reply:1:1")
    ledger.settle("reply:1:1", Usage(0, 0), outcome="stop", now=NOW)

    assert reserve("reply:2:1") == CHEAP


def test_an_overrun_leaves_less_room_and_not_more(reserve):
    budget(3 * CHEAP)
    reserve("reply:1:1")
    ledger.settle("reply:1:1", Usage(2000, 2000), outcome="stop", now=NOW)  # twice the worst case

    reserve("reply:2:1")

    with pytest.raises(NoRoom):
        reserve("reply:3:1", worst=Usage(1, 0))
    # That much, and no more, the window may hold beyond its limit.
    assert BudgetPeriod.objects.get().overrun == CHEAP


@guards(
    "billing/budgets/balances.py",
    "w.budget_id = b.id AND w.starts_at = s.starts_at AND",
    "w.budget_id = b.id AND",
)
@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        ("hour", "2026-11-24T13:59:59+01:00", "2026-11-24T14:00+01:00"),
        ("day", "2026-11-24T23:59:59+01:00", "2026-11-25T00:00+01:00"),
        ("month", "2026-11-30T23:59:59+01:00", "2026-12-01T00:00+01:00"),
        # 24 hours and more, but one day: summer time ends.
        ("day", "2026-10-25T23:59:59+01:00", "2026-10-26T00:00+01:00"),
    ],
)
def test_a_budget_is_full_until_its_period_ends(reserve, settings, period, before, after):
    settings.TIME_ZONE = "Europe/Amsterdam"
    budget(CHEAP, period=period)
    last, first = datetime.fromisoformat(before), datetime.fromisoformat(after)
    reserve("reply:1:1", now=last - timedelta(minutes=30))

    with pytest.raises(NoRoom):
        reserve("reply:2:1", now=last)

    assert reserve("reply:3:1", now=first) == CHEAP


def test_a_call_is_charged_to_the_window_that_it_was_reserved_in(reserve):
    budget(10 * CHEAP, period="hour")
    reserve(now=NOW)

    ledger.settle("reply:1:1", Usage(1000, 0), outcome="stop", now=NOW + timedelta(hours=2))

    window = BudgetPeriod.objects.get()
    assert window.spent == LedgerEntry.objects.get().amount
    assert window.starts_at <= NOW


@guards(
    "billing/budgets/balances.py",
    "if any(place.window_limit != place.limit for place in places):",
    "if False:",
)
def test_a_higher_limit_gives_room_at_once_and_keeps_what_is_spent(reserve):
    site = budget(CHEAP)
    reserve("reply:1:1")

    Budget.objects.filter(pk=site.pk).update(limit=2 * CHEAP)

    assert reserve("reply:2:1") == CHEAP
    with pytest.raises(NoRoom):
        reserve("reply:3:1")


@guards(
    "billing/budgets/balances.py", "limit=Greatest(Subquery(limit), used)", "limit=Subquery(limit)"
)
def test_a_lower_limit_than_what_is_used_grants_nothing_more(reserve):
    site = budget(10 * CHEAP)
    for number in range(5):
        reserve(f"reply:{number}:1")

    Budget.objects.filter(pk=site.pk).update(limit=3 * CHEAP)

    with pytest.raises(NoRoom):
        reserve("reply:5:1")
    # Four of the five turn out to cost nothing, and the lower limit has room for two more.
    for number in range(4):
        ledger.settle(f"reply:{number}:1", Usage(0, 0), outcome="stop", now=NOW)
    reserve("reply:5:1")
    reserve("reply:6:1")
    with pytest.raises(NoRoom):
        reserve("reply:7:1")
    assert BudgetPeriod.objects.aggregate(Sum("reserved"))["reserved__sum"] == 3 * CHEAP
