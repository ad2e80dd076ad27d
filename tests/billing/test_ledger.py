"""A call is reserved at its worst case and charged once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing import ledger, ledger_proof
from billing.errors import AlreadyCharged, NoRoom, NotReserved
from billing.models import Budget, BudgetPeriod, Hold, LedgerEntry, Price
from billing.prices.pricing import Rate, Usage
from tests.billing.conftest import CHEAP, NOW, WORST, budget
from tests.guards import guards

USED = Usage(input_tokens=900, output_tokens=100, cached_tokens=200, reasoning_tokens=10)
USED_COST = 900 * 500 + 100 * 1500
LATER = NOW + timedelta(seconds=3)


def window() -> tuple[int, int, int]:
    found = BudgetPeriod.objects.get()
    return found.spent, found.reserved, found.overrun


def test_a_call_reserves_the_most_it_can_cost(reserve):
    budget(10 * CHEAP)

    held = reserve()

    assert held == CHEAP
    assert window() == (0, CHEAP, 0)
    assert Hold.objects.get().amount == CHEAP


def test_a_call_is_charged_what_it_cost_at_the_price_of_its_time(reserve):
    budget(10 * CHEAP)
    reserve()
    Price.objects.create(model="gpt-3.5-turbo", effective_from=LATER, input=1, output=1)

    ledger.settle("reply:1:1", USED, request_id="req_1", outcome="stop", now=LATER)

    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.reserved, entry.estimated) == (USED_COST, CHEAP, False)
    assert entry.rate == Rate(500_000_000, 500_000_000, 500_000_000, 1_500_000_000)
    assert (entry.input_tokens, entry.output_tokens) == (900, 100)
    assert (entry.cached_tokens, entry.cache_write_tokens, entry.reasoning_tokens) == (200, 0, 10)
    assert (entry.called_at, entry.settled_at) == (NOW, LATER)
    assert (entry.purpose, entry.tier, entry.outcome) == ("answer", "cheap", "stop")
    assert (entry.conversation, entry.visitor) == ("conversation:1", "v1")
    assert (entry.model_requested, entry.service_tier) == ("gpt-3.5-turbo", "default")
    assert (entry.request_id, entry.price_assumed) == ("req_1", False)
    assert entry.windows == [BudgetPeriod.objects.get().pk]
    assert window() == (USED_COST, 0, 0)
    assert not Hold.objects.exists()


@guards(
    "billing/ledger.py", "amount = worst if usage is None else", "amount = 0 if usage is None else"
)
def test_a_call_without_usage_is_charged_what_was_reserved(reserve):
    budget(10 * CHEAP)
    reserve()

    ledger.settle("reply:1:1", None, outcome="abandoned", now=LATER)

    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.estimated, entry.input_tokens) == (CHEAP, True, None)
    assert window() == (CHEAP, 0, 0)


def test_a_call_that_was_never_sent_costs_nothing(reserve):
    budget(10 * CHEAP)
    reserve()

    ledger.release("reply:1:1")

    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.outcome, entry.estimated) == (0, "not_sent", False)
    assert window() == (0, 0, 0)


@guards("billing/ledger.py", "[:MOST_EXPIRED]", "[:0]")
def test_a_call_that_nobody_settles_is_charged_what_was_reserved(reserve):
    budget(10 * CHEAP)
    reserve("reply:1:1")
    reserve("reply:2:1")
    ledger.extend("reply:2:1", NOW + timedelta(hours=1))

    expired = ledger.expire(NOW + timedelta(minutes=3))

    assert expired == 1
    entry = LedgerEntry.objects.get()
    assert (entry.reference, entry.outcome, entry.estimated) == ("reply:1:1", "expired", True)
    assert window() == (CHEAP, CHEAP, 0)


@pytest.mark.parametrize(
    "again",
    [
        lambda: ledger.settle("reply:1:1", WORST, outcome="stop", now=LATER),
        lambda: ledger.settle("reply:1:1", None, outcome="abandoned", now=LATER),
        lambda: ledger.release("reply:1:1"),
        lambda: ledger.expire(NOW + timedelta(days=1)),
    ],
)
@pytest.mark.parametrize(
    "first",
    [
        lambda: ledger.settle("reply:1:1", USED, outcome="stop", now=LATER),
        lambda: ledger.release("reply:1:1"),
        lambda: ledger.expire(NOW + timedelta(days=1)),
    ],
)
def test_a_call_is_charged_once(reserve, first, again):
    budget(10 * CHEAP)
    reserve()
    first()
    charged = LedgerEntry.objects.values().get()

    again()

    assert LedgerEntry.objects.values().get() == charged
    assert window() == (charged["amount"], 0, 0)


def test_a_call_that_is_reserved_twice_is_reserved_once(reserve):
    budget(10 * CHEAP)
    reserve()

    again = reserve(worst=Usage(1, 1))

    assert again == CHEAP
    assert window() == (0, CHEAP, 0)


@guards("billing/ledger.py", "        if charged:\n", "        if False:\n")
def test_a_charged_reference_is_not_reserved_again(reserve):
    budget(10 * CHEAP)
    reserve()
    ledger.settle("reply:1:1", USED, outcome="stop", now=LATER)

    with pytest.raises(AlreadyCharged, match="reply:1:1"):
        reserve()

    assert window() == (USED_COST, 0, 0)


@pytest.mark.parametrize(
    "end", [lambda: ledger.settle("x", USED, outcome="stop", now=NOW), lambda: ledger.release("x")]
)
def test_a_call_that_was_not_reserved_is_not_settled(prices, end):
    with transaction.atomic(), pytest.raises(NotReserved, match="x"):
        end()

    assert not LedgerEntry.objects.exists()


def test_names_that_do_not_fit_do_not_stop_a_charge(reserve):
    reserve()

    ledger.settle(
        "reply:1:1",
        USED,
        model="m\0" + "m" * 200,
        service_tier="t" * 200,
        request_id="r" * 200,
        outcome="stop",
        now=LATER,
    )

    entry = LedgerEntry.objects.get()
    assert entry.model_returned == "m" * 100
    assert (len(entry.service_tier), len(entry.request_id)) == (20, 100)


def test_a_cost_above_the_reservation_is_recorded_and_reported(reserve, caplog):
    budget(CHEAP)
    reserve()
    more = Usage(input_tokens=1000, output_tokens=1500)

    ledger.settle("reply:1:1", more, outcome="stop", now=LATER)

    cost = 1000 * 500 + 1500 * 1500
    assert LedgerEntry.objects.get().amount == cost
    assert window() == (cost, 0, cost - CHEAP)
    assert "reply:1:1 cost 2750000 nano-dollars, 2000000 were reserved" in caplog.text


def test_a_call_needs_few_queries(reserve):
    for scope in ("site", "conversation", "visitor", "tier"):
        budget(100 * CHEAP, scope)
    reserve("reply:1:1")

    with CaptureQueriesContext(connection) as reserving:
        reserve("reply:2:1")
    with CaptureQueriesContext(connection) as settling:
        ledger.settle("reply:2:1", USED, model="gpt-3.5-turbo-0125", outcome="stop", now=LATER)
    with CaptureQueriesContext(connection) as expiring:
        ledger.expire(NOW)

    assert len(statements(reserving)) == 4
    assert len(statements(settling)) == 6
    assert len(statements(expiring)) == 1


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Without savepoints, and without PostgreSQL's lock, which SQLite has for nothing."""
    texts = [query["sql"] for query in captured.captured_queries]
    return [text for text in texts if "SAVEPOINT" not in text and "advisory" not in text]


def test_a_refusal_undoes_nothing_but_itself(reserve):
    budget(10 * CHEAP)
    budget(2 * CHEAP, "conversation")
    refused = 0

    with transaction.atomic():
        for number in range(1, 5):
            try:
                reserve(f"reply:{number}:1")
            except NoRoom:
                refused += 1

    assert refused == 2
    assert Hold.objects.count() == 2
    assert set(BudgetPeriod.objects.values_list("reserved", flat=True)) == {2 * CHEAP}


@guards("billing/ledger.py", "        if instead_of:\n", "        if False:\n")
def test_the_hold_of_a_dead_workers_call_passes_to_the_next_attempt(reserve):
    # Room for one call.
    budget(CHEAP)
    reserve("reply:1:1")
    with pytest.raises(NoRoom):
        reserve("reply:1:2")

    reserve("reply:1:2", instead_of=["reply:1:1"])

    window = BudgetPeriod.objects.get()
    assert (window.reserved, window.spent) == (CHEAP, 0)
    ledger.settle("reply:1:2", Usage(500, 100), outcome="stop", now=NOW)
    # What the dead one cost nobody knows: its worst case, above what is held.
    ledger.expire(NOW + timedelta(minutes=3))
    dead, answer = LedgerEntry.objects.order_by("reference")
    assert (dead.outcome, dead.amount, dead.estimated) == ("expired", CHEAP, True)
    window.refresh_from_db()
    assert window.spent == dead.amount + answer.amount
    assert (window.reserved, window.overrun) == (0, CHEAP)
    assert ledger_proof.differences() == []


def test_a_worker_that_was_only_frozen_is_charged_what_it_used(reserve):
    budget(CHEAP)
    reserve("reply:1:1")
    reserve("reply:1:2", instead_of=["reply:1:1"])

    ledger.settle("reply:1:1", Usage(500, 100), outcome="stop", now=NOW)

    assert LedgerEntry.objects.get().amount == 400_000
    assert ledger_proof.differences() == []


def test_a_hold_that_cannot_be_replaced_stays(reserve):
    budget(CHEAP)
    reserve("reply:1:1")

    with pytest.raises(NoRoom):
        reserve("reply:1:2", model="gpt-4", tier="strong", instead_of=["reply:1:1"])

    assert Hold.objects.get().amount == CHEAP == BudgetPeriod.objects.get().reserved


@guards(
    "billing/budgets/balances.py",
    "    if amount <= tightest.left(from_reserve):\n",
    "    if True:\n",
)
@pytest.mark.parametrize(("from_reserve", "calls"), [(0.0, 6), (0.5, 8), (1.0, 10)])
def test_a_reserve_is_for_those_who_may_use_it(reserve, from_reserve, calls):
    Budget.objects.filter(pk=budget(10 * CHEAP).pk).update(reserve=40)

    for number in range(calls):
        reserve(f"reply:{number}:1", from_reserve=from_reserve)

    with pytest.raises(NoRoom) as refusal:
        reserve("reply:99:1", from_reserve=from_reserve)
    assert refusal.value.left == 0
