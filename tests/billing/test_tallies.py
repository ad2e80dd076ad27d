"""The ledger's own commits add up what calls came to, by quarter of an hour and by conversation."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from billing import ledger, tallies
from billing.models import ConversationCost, Price, Tally
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW

USED = Usage(input_tokens=900, output_tokens=100, cached_tokens=200, reasoning_tokens=10)
COST = 900 * 500 + 100 * 1500
COLUMNS = [field.name for field in Tally._meta.fields if not field.primary_key]
ON_STRONG = 900 * 30_000 + 100 * 60_000


def settled(reserve, reference: str, *, seconds: float = 3.0, usage=USED, now=NOW, **named) -> None:
    outcome = named.pop("outcome", "stop")
    reserve(reference, now=now, **named)
    ledger.settle(reference, usage, outcome=outcome, now=now + timedelta(seconds=seconds))


def test_a_settled_call_is_counted(reserve):
    settled(reserve, "reply:1:1", compared_with="gpt-4")

    assert Tally.objects.values(*COLUMNS).get() == {
        "quarter": NOW,
        "tier": "cheap",
        "model": "gpt-3.5-turbo",
        "purpose": "answer",
        "outcome": "stop",
        "calls": 1,
        "input_tokens": 900,
        "cached_tokens": 200,
        "output_tokens": 100,
        "reasoning_tokens": 10,
        "amount": COST,
        "estimated_amount": 0,
        "compared_amount": ON_STRONG,
        "milliseconds": 3000,
        "within_1s": 0,
        "within_2s": 0,
        "within_4s": 1,
        "within_8s": 1,
        "within_16s": 1,
        "within_32s": 1,
    }


def test_calls_of_a_kind_and_a_quarter_are_one_row(reserve):
    settled(reserve, "reply:1:1")
    settled(reserve, "reply:2:1", now=NOW + timedelta(minutes=14), seconds=0.5)
    settled(reserve, "reply:3:1", now=NOW + timedelta(minutes=15))
    settled(reserve, "reply:4:1", outcome="length")
    settled(reserve, "score:4:1", purpose="scoring")
    settled(reserve, "reply:5:1", model="gpt-4", tier="strong")

    rows = Tally.objects.order_by("quarter", "model", "purpose", "-outcome")
    assert list(rows.values_list("quarter", "model", "purpose", "outcome", "calls")) == [
        (NOW, "gpt-3.5-turbo", "answer", "stop", 2),
        (NOW, "gpt-3.5-turbo", "answer", "length", 1),
        (NOW, "gpt-3.5-turbo", "scoring", "stop", 1),
        (NOW, "gpt-4", "answer", "stop", 1),
        (NOW + timedelta(minutes=15), "gpt-3.5-turbo", "answer", "stop", 1),
    ]
    both = rows[0]
    assert (both.amount, both.milliseconds, both.within_1s) == (2 * COST, 3500, 1)


def test_what_is_not_known_is_compared_with_itself(reserve):
    settled(reserve, "reply:1:1", usage=None, outcome="abandoned", compared_with="gpt-4")
    settled(reserve, "reply:2:1", compared_with="unheard-of")
    settled(reserve, "reply:3:1", outcome="length")

    amounts = Tally.objects.order_by("outcome").values_list(
        "amount", "estimated_amount", "compared_amount"
    )
    assert list(amounts) == [(CHEAP, CHEAP, CHEAP), (COST, 0, COST), (COST, 0, COST)]


def test_the_price_compared_with_is_that_of_the_call(reserve):
    reserve(compared_with="gpt-4")
    Price.objects.create(
        model="gpt-4", effective_from=NOW + timedelta(seconds=1), input=1, output=1
    )

    ledger.settle("reply:1:1", USED, outcome="stop", now=NOW + timedelta(seconds=2))

    assert Tally.objects.get().compared_amount == ON_STRONG


def test_a_conversation_knows_what_it_cost(reserve):
    later = NOW + timedelta(hours=2)
    settled(reserve, "reply:2:1", now=later)
    settled(reserve, "reply:1:1")
    settled(reserve, "evaluation:1", conversation="", visitor="")
    settled(reserve, "reply:3:1", conversation="conversation:2")

    costs = ConversationCost.objects.order_by("conversation").values_list(
        "conversation", "visitor", "calls", "amount", "first_at", "last_at"
    )
    assert list(costs) == [
        ("conversation:1", "v1", 2, 2 * COST, NOW, later),
        ("conversation:2", "v1", 1, COST, NOW, NOW),
    ]


def test_nothing_is_counted_that_is_not_charged(reserve):
    reserve()
    with transaction.atomic():
        ledger.settle("reply:1:1", USED, outcome="stop", now=NOW)
        assert Tally.objects.exists()
        transaction.set_rollback(True)

    assert not Tally.objects.exists()


def test_a_call_is_counted_once(reserve):
    settled(reserve, "reply:1:1")

    ledger.settle("reply:1:1", USED, outcome="stop", now=NOW)
    ledger.expire(NOW + timedelta(days=1))

    assert Tally.objects.get().calls == 1
    assert ConversationCost.objects.get().calls == 1


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        ("10:00:00", "10:00"),
        ("10:14:59.999999", "10:00"),
        ("10:15:00", "10:15"),
        ("23:59:59.999999", "23:45"),
    ],
)
def test_a_quarter_begins_on_the_quarter(reserve, moment, quarter):
    settled(reserve, "reply:1:1", now=datetime.fromisoformat(f"2026-11-24T{moment}+00:00"))

    assert Tally.objects.get().quarter == datetime.fromisoformat(f"2026-11-24T{quarter}+00:00")


@pytest.fixture
def various(reserve) -> None:
    for number in range(24):
        reference = f"reply:{number}:1"
        now = NOW + number * timedelta(minutes=7, seconds=1, microseconds=123_457)
        reserve(
            reference, now=now, conversation=f"conversation:{number % 5}", compared_with="gpt-4"
        )
        usage = None if number % 7 == 0 else Usage(100 + number, number)
        took = timedelta(milliseconds=499.5 * number)
        ledger.settle(reference, usage, outcome=("stop", "length")[number % 2], now=now + took)


def test_tallies_equal_the_ledger_and_are_the_same_when_made_anew(various):
    assert tallies.differences() == []
    kept = set(Tally.objects.values_list(*COLUMNS))

    tallies.rebuild()

    assert tallies.differences() == []
    assert set(Tally.objects.values_list(*COLUMNS)) == kept
