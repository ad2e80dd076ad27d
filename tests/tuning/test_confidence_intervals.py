"""Differences are told with what they may be by chance."""

import random

import pytest

from chatsite.tuning.trials import confidence_intervals


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    # Wilson (1927), as in textbooks.
    [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0), (15, 148, 0.062, 0.160)],
)
def test_a_share_stays_within_0_and_1(hits, total, low, high):
    found = confidence_intervals.share(hits, total)

    assert (found.low, found.high) == pytest.approx((low, high), abs=0.001)


def test_the_difference_of_two_shares():
    # Newcombe (1998), table II, case a: 56 of 70 and 48 of 80, by his method 10.
    found = confidence_intervals.between_shares((48, 80), (56, 70))

    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=0.0001)
    assert found.shows


def test_an_interval_of_means_holds_the_truth_in_95_of_100():
    chance = random.Random(7)
    held = 0
    for _ in range(400):
        ours = [chance.expovariate(1.0) for _ in range(80)]
        theirs = [chance.expovariate(0.5) for _ in range(60)]
        found = confidence_intervals.between_means(ours, theirs)
        held += found.low <= 1.0 <= found.high

    assert held / 400 == pytest.approx(0.95, abs=0.03)


def test_too_few_say_nothing():
    few = confidence_intervals.between_means([1.0] * 29 + [1.1], [9.0] * 28 + [9.1])

    assert few.too_few
    assert not few.shows
    assert confidence_intervals.between_means([], [1.0]).too_few
    assert confidence_intervals.share(0, 0).too_few


def test_messages_of_one_conversation_count_as_one():
    found = confidence_intervals.ratio([10] * 5 + [0] * 5, [10] * 10)

    assert found.value == 0.5
    assert (found.low, found.high) == pytest.approx((0.237, 0.763), abs=0.001)
    assert found.n == 10
