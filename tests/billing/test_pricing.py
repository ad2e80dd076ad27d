"""What a call costs."""

import pytest

from billing.prices import pricing
from billing.prices.pricing import Rate, Usage

GPT_4 = Rate(input=30 * 10**9, cached_input=30 * 10**9, cache_write=30 * 10**9, output=60 * 10**9)
CACHING = Rate(
    input=2 * 10**9, cached_input=200_000_000, cache_write=2_500_000_000, output=12 * 10**9
)


@pytest.mark.parametrize(
    ("usage", "rate", "nano"),
    [
        (Usage(0, 0), GPT_4, 0),
        (Usage(1000, 1000), GPT_4, 90_000_000),
        (Usage(1_000_000, 0), CACHING, 2 * 10**9),
        # A cached token is one of the input tokens, at its own rate.
        (Usage(1000, 0, cached_tokens=400), CACHING, 600 * 2000 + 400 * 200),
        (Usage(1000, 0, cached_tokens=400, cache_write_tokens=600), CACHING, 80_000 + 1_500_000),
        # A reasoning token is one of the output tokens.
        (Usage(0, 500, reasoning_tokens=450), CACHING, 500 * 12_000),
        # Cached tokens that a server counts beside the input are not taken off it.
        (Usage(100, 0, cached_tokens=400), CACHING, 400 * 200),
    ],
)
def test_each_token_is_paid_once(usage, rate, nano):
    assert pricing.cost(usage, rate) == nano


def test_a_cost_is_rounded_up_once():
    third = Rate(input=333_333, cached_input=333_333, cache_write=333_333, output=333_333)

    assert pricing.cost(Usage(1, 1), third) == 1
    assert pricing.cost(Usage(1, 3), third) == 2


@pytest.mark.parametrize("split", [(0, 0), (1000, 0), (0, 1000), (300, 300)])
def test_the_most_covers_every_use_of_the_cache(split):
    cached, written = split
    usage = Usage(1000, 200, cached_tokens=cached, cache_write_tokens=written)

    assert pricing.most(Usage(1000, 200), CACHING) >= pricing.cost(usage, CACHING)


@pytest.mark.parametrize("count", [-1, pricing.MOST_TOKENS + 1])
@pytest.mark.parametrize(
    "field",
    ["input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens"],
)
def test_a_count_that_cannot_be_is_no_usage(field, count):
    counts = {"input_tokens": 1, "output_tokens": 1} | {field: count}

    with pytest.raises(ValueError, match=field):
        Usage(**counts)


@pytest.mark.parametrize(
    ("amount", "tokens"),
    [
        (90_000_000, 1000),  # all of them
        (89_999_999, 999),
        (30_000_000 + 60_000, 1),
        (30_000_000 + 59_999, 0),
        (29_999_999, 0),  # not even the input
        (0, 0),
        (10**12, 1000),  # never more than were asked for
    ],
)
def test_output_fits_into_what_is_left_after_the_input(amount, tokens):
    assert pricing.output_within(amount, Usage(1000, 1000), GPT_4) == tokens


def test_output_that_is_free_fits_wherever_its_input_does():
    free = Rate(10**9, 10**9, 10**9, 0)

    assert pricing.output_within(1_000_000, Usage(1000, 1000), free) == 1000
    assert pricing.output_within(999_999, Usage(1000, 1000), free) == 0
