"""Amounts are written one way, on every page, in every mail."""

import pytest

from billing import money


@pytest.mark.parametrize(
    ("nano", "words"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (30_000, "$0.00003"),
        (42_000_000, "$0.042"),
        (44_440_000, "$0.0444"),
        (126_850_000, "$0.127"),
        (500_000_000, "$0.50"),
        (975_000_000, "$0.975"),
        (999_600_000, "$1.00"),
        (5_400_000_000, "$5.40"),
        (1_234_500_000_000, "$1,234.50"),
        (2_000_000_000_000, "$2,000.00"),
        (-3_000_000_000, "-$3.00"),
        (-30_000, "-$0.00003"),
    ],
)
def test_an_amount_has_cents_or_the_digits_that_say_something(nano, words):
    assert money.shown(nano) == words


@pytest.mark.parametrize(
    ("nano", "words"), [(0, "+$0.00"), (60_000_000, "+$0.06"), (-12_345_678_900, "-$12.35")]
)
def test_a_difference_says_its_sign(nano, words):
    assert money.shown(nano, signed=True) == words


@pytest.mark.parametrize(
    ("nano", "words", "typed"),
    [
        (30 * 10**9, "$30.00", "30"),
        (37_500_000, "$0.0375", "0.0375"),
        (1_125_000_000, "$1.125", "1.125"),
        (123_456_789, "$0.123456789", "0.123456789"),
        (0, "$0.00", "0"),
    ],
)
def test_a_price_has_every_digit(nano, words, typed):
    assert (money.exact(nano), money.typed(nano)) == (words, typed)
