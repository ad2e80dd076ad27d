"""Which price a call is reserved at, and which it is billed at."""

from datetime import timedelta

import pytest

from billing import ledger
from billing.errors import NoPrice
from billing.models import Hold, LedgerEntry, Price
from billing.prices.pricing import Usage
from tests.billing.conftest import NOW

LATER = NOW + timedelta(seconds=3)


def test_a_model_without_a_price_is_refused_before_the_call(reserve):
    with pytest.raises(NoPrice) as refusal:
        reserve(model="gpt-9")

    assert refusal.value.model == "gpt-9"
    assert not Hold.objects.exists()


def test_a_price_of_tomorrow_is_not_in_force(reserve):
    Price.objects.create(
        model="gpt-9", effective_from=NOW + timedelta(days=1), input=10**9, output=10**9
    )

    with pytest.raises(NoPrice):
        reserve(model="gpt-9")


def test_the_newest_price_in_force_counts(reserve):
    for days, rate in ((20, 2), (10, 4), (-1, 8)):
        Price.objects.create(
            model="gpt-4",
            effective_from=NOW - timedelta(days=days),
            input=rate * 10**9,
            output=rate * 10**9,
        )

    assert reserve(model="gpt-4", tier="strong") == 2000 * 4000


def test_writing_to_a_cache_is_reserved_for(reserve):
    Price.objects.create(
        model="gpt-5.6-sol",
        effective_from=NOW,
        input=4 * 10**9,
        cached_input=400_000_000,
        cache_write=5 * 10**9,
        output=20 * 10**9,
    )

    assert reserve(model="gpt-5.6-sol") == 1000 * 5000 + 1000 * 20_000


@pytest.mark.parametrize(
    ("returned", "service_tier", "rate", "assumed"),
    [
        ("", "", 30, False),
        ("gpt-4", "default", 30, False),
        # Snapshots have a price of their own, or that of their model.
        ("gpt-4-0314", "default", 60, False),
        ("gpt-4-0613", "default", 30, True),
        # Any other name is no price of ours: that of the model asked, and marked.
        ("gpt-4-32k-0613", "default", 30, True),
        ("gpt-3.5-turbo", "default", 30, True),
        # Faster and slower service too.
        ("gpt-4", "priority", 75, False),
        ("gpt-4-0613", "priority", 75, True),
        ("gpt-4-32k-0613", "priority", 75, True),
        ("gpt-4", "scale", 30, True),
    ],
)
def test_a_call_is_billed_by_the_model_and_service_that_answered(
    reserve, returned, service_tier, rate, assumed
):
    for model, rate_of_it in (("gpt-4-0314", 60), ("gpt-4-32k-0613", 60), ("gpt-3.5-turbo", 1)):
        Price.objects.create(
            model=model, effective_from=NOW, input=rate_of_it * 10**9, output=120 * 10**9
        )
    Price.objects.create(
        model="gpt-4",
        service_tier="priority",
        effective_from=NOW,
        input=75 * 10**9,
        output=150 * 10**9,
    )
    reserve(model="gpt-4", tier="strong")

    ledger.settle(
        "reply:1:1",
        Usage(100, 0),
        model=returned,
        service_tier=service_tier,
        outcome="stop",
        now=LATER,
    )

    entry = LedgerEntry.objects.get()
    assert entry.amount == 100 * rate * 1000
    assert entry.price_assumed is assumed
    assert entry.model_returned == returned
    assert entry.service_tier == (service_tier or "default")


@pytest.mark.parametrize(
    ("service_tier", "amount"),
    [
        # 500 fresh, 400 cached, 100 written; 200 out, of which 150 are reasoning.
        ("default", 500 * 4000 + 400 * 400 + 100 * 5000 + 200 * 20_000),
        ("batch", 500 * 2000 + 400 * 2000 + 100 * 2000 + 200 * 10_000),
        ("priority", 500 * 8000 + 400 * 800 + 100 * 8000 + 200 * 40_000),
    ],
)
def test_each_kind_of_token_is_billed_once_in_each_service_tier(reserve, service_tier, amount):
    for name, rates in (
        ("default", (4 * 10**9, 400_000_000, 5 * 10**9, 20 * 10**9)),
        ("batch", (2 * 10**9, None, None, 10 * 10**9)),
        ("priority", (8 * 10**9, 800_000_000, None, 40 * 10**9)),
    ):
        Price.objects.create(
            model="gpt-5.6-sol",
            service_tier=name,
            effective_from=NOW,
            **dict(zip(("input", "cached_input", "cache_write", "output"), rates, strict=True)),
        )
    reserve(model="gpt-5.6-sol", tier="strong")

    used = Usage(1000, 200, cached_tokens=400, cache_write_tokens=100, reasoning_tokens=150)
    ledger.settle("reply:1:1", used, service_tier=service_tier, outcome="stop", now=LATER)

    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.service_tier) == (amount, service_tier)
    assert (entry.cached_tokens, entry.cache_write_tokens) == (400, 100)
    assert (entry.reasoning_tokens, entry.price_assumed) == (150, False)


@pytest.mark.parametrize(("after", "rate"), [(-1, 30), (0, 60), (1, 60)])
def test_a_price_counts_from_its_very_moment(reserve, after, rate):
    change = NOW + timedelta(hours=1)
    Price.objects.create(model="gpt-4", effective_from=change, input=60 * 10**9, output=60 * 10**9)
    called = change + timedelta(microseconds=after)
    reserve(model="gpt-4", tier="strong", now=called)

    # Settled long after the change: what counts is when it was called.
    ledger.settle("reply:1:1", Usage(100, 0), outcome="stop", now=change + timedelta(hours=1))

    assert LedgerEntry.objects.get().amount == 100 * rate * 1000
