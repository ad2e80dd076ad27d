"""Receipts: figures one can check by hand."""

from datetime import timedelta

import pytest

from billing.models import Price
from billing.prices.pricing import Usage
from chatsite.chat.admin import answer_receipts
from chatsite.chat.admin.answer_receipts import Receipt
from tests.chat.told import NOW, STRONG, Told, prices


@pytest.fixture
def told(db) -> Told:
    prices()
    return Told().asks()


def receipt(told: Told) -> Receipt:
    return answer_receipts.of([told.reply])[told.reply.pk]


def test_a_cheap_answer_shows_what_it_cost_and_what_the_strong_one_would_have(told):
    told.begins("cheap", score=2.5)

    told.ends(
        usage=Usage(input_tokens=1000, output_tokens=200, cached_tokens=400),
        model="gpt-3.5-turbo-0125",
    )

    found = receipt(told)
    assert found.decision is not None
    assert (found.decision.tier, found.decision.score, found.decision.threshold) == (
        "cheap",
        2.5,
        7,
    )
    assert "one short question" in found.decision.reason
    assert found.answer is not None
    assert found.answer.model == "gpt-3.5-turbo-0125"
    assert found.answer.usage == Usage(1000, 200, cached_tokens=400)
    # 600 x $0.50 + 400 x $0.25 + 200 x $1.50, per million.
    assert found.answer.amount == 700_000
    assert (found.answer.cost, found.cost) == ("$0.0007", "$0.0007")
    assert found.other is not None
    # 1000 x $30 + 200 x $60, per million; the strong model has no price for cached tokens.
    assert (found.other.model, found.other.cost) == ("gpt-4", "$0.042")
    assert (found.other.saved, found.other.spent_more) == ("$0.0413", "")


def test_a_strong_answer_shows_what_the_cheap_one_would_have_cost(told):
    told.begins("strong")

    told.ends(usage=Usage(input_tokens=1000, output_tokens=200))

    found = receipt(told)
    assert found.answer is not None
    assert found.answer.cost == "$0.042"
    assert found.other is not None
    assert (found.other.tier, found.other.cost) == ("cheap", "$0.0008")
    assert (found.other.saved, found.other.spent_more) == ("", "$0.0412")


def test_every_call_for_a_reply_is_listed_in_the_order_it_was_made(told):
    told.begins()
    told.scores(Usage(200, 10)).fails("overloaded", Usage(0, 0))
    told.begins()
    told.fails("timeout")
    told.begins()
    told.ends()

    found = receipt(told)
    assert [attempt.what for attempt in found.attempts] == [
        "Scoring, attempt 1",
        "Answer, attempt 1",
        "Answer, attempt 2",
        "Answer, attempt 3",
    ]
    assert [attempt.ending for attempt in found.besides] == ["stop", "overloaded", "timeout"]
    # What the provider did not report costs what was reserved: 2000 in and 500 out.
    assert [attempt.amount for attempt in found.attempts] == [115_000, 0, 1_750_000, 800_000]
    assert [attempt.estimated for attempt in found.attempts] == [False, False, True, False]
    assert found.cost == "$0.00267"
    assert found.answer == found.attempts[3]


def test_a_failed_reply_has_calls_and_no_answer(told):
    told.begins()
    told.fails("timeout")

    found = receipt(told)
    assert (found.answer, found.other) == (None, None)
    assert [attempt.estimated for attempt in found.besides] == [True]


def test_an_answer_of_unknown_length_is_not_compared(told):
    told.begins()
    told.fails("timeout")
    reply = told.reply
    reply.text = "It broke off"

    found = answer_receipts.of([reply])[reply.pk]

    assert found.answer is not None
    assert found.answer.usage is None
    assert found.other is None


def test_a_call_in_flight_is_listed_and_not_summed(told):
    told.begins()

    found = receipt(told)

    (attempt,) = found.attempts
    assert (attempt.entry, attempt.ending, attempt.amount) == (None, "in progress", 1_750_000)
    assert found.cost == "$0.00"


def test_the_other_tier_is_priced_as_of_the_call(told):
    later = {name: rate * 2 for name, rate in STRONG.items()}
    Price.objects.create(model="gpt-4", effective_from=NOW + timedelta(seconds=1), **later)
    earlier = {name: rate * 3 for name, rate in STRONG.items()}
    Price.objects.create(model="gpt-4", effective_from=NOW - timedelta(days=30), **earlier)

    told.answered()

    found = receipt(told)
    assert found.other is not None
    assert found.other.cost == "$0.042"


def test_another_model_without_a_price_is_named_and_not_guessed(db):
    prices(since=NOW + timedelta(days=1))
    Price.objects.create(
        model="gpt-3.5-turbo", effective_from=NOW - timedelta(days=1), input=1000, output=1000
    )
    told = Told().asks().answered()

    found = receipt(told)

    assert found.other is not None
    assert (found.other.model, found.other.amount, found.other.cost) == ("gpt-4", None, "")
    assert (found.other.saved, found.other.spent_more) == ("", "")


def test_after_a_retry_the_other_tier_is_the_one_that_was_not_called(told):
    told.begins("strong")
    told.fails("timeout")
    told.begins("cheap")
    told.ends()

    found = receipt(told)

    assert found.other is not None
    assert found.other.tier == "strong"
    assert [attempt.tier for attempt in found.attempts] == ["strong", "cheap"]


def test_only_replies_have_receipts(told):
    told.answered()

    messages = told.conversation.messages.all()

    assert list(answer_receipts.of(messages)) == [told.reply.pk]


def test_a_reply_that_is_not_routed_yet_has_an_empty_receipt(told):
    assert receipt(told) == Receipt(decision=None, attempts=(), answer=None, other=None)


@pytest.mark.parametrize("replies", [1, 12])
def test_receipts_take_five_queries(told, replies, django_assert_num_queries):
    for _ in range(replies):
        told.answered().asks()
    messages = list(told.conversation.messages.select_related("canned"))

    with django_assert_num_queries(5):
        found = answer_receipts.of(messages)

    assert len(found) == replies + 1
