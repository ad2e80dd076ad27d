"""Measures of a router on questions whose best tier is known."""

import random

import pytest

from routing.learning import model_training
from routing.learning.evaluation import (
    Point,
    Ranking,
    area,
    at_share,
    by_keywords,
    by_length,
    calibration,
    calls_needed,
    measured,
    sureness,
)
from routing.tier_choice import Turn

GAINS = [1.0, 0.0, 0.0, 0.0]


def draws(count: int) -> list[float]:
    draw = random.Random(1)
    return [draw.random() for _ in range(count)]


@pytest.mark.parametrize(
    ("scores", "apgr", "cpt50", "cpt80"),
    [
        ([4, 3, 2, 1], 0.875, 0.125, 0.2),  # the one that matters is sent first
        ([1, 2, 3, 4], 0.125, 0.875, 0.95),  # last
        ([1, 1, 1, 1], 0.5, 0.5, 0.8),  # a coin
        ([2, 2, 1, 1], 0.75, 0.25, 0.4),  # it is one of two that are sent together
    ],
)
def test_a_ranking_recovers_more_the_earlier_it_sends_what_matters(scores, apgr, cpt50, cpt80):
    curve = Ranking(scores).curve(GAINS)

    assert area(curve) == pytest.approx(apgr)
    assert area(curve) == pytest.approx(model_training.recovered(GAINS, scores))
    assert calls_needed(curve, 0.5) == pytest.approx(cpt50)
    assert calls_needed(curve, 0.8) == pytest.approx(cpt80)
    assert (curve[0], curve[-1]) == (Point(0.0, 0.0), Point(1.0, 1.0))


def test_what_the_cheap_model_does_better_costs_when_it_is_sent():
    gains = [1.0, -0.5, 0.5, 0.0]

    best = Ranking(gains).curve(gains)

    assert area(best) > 1
    assert max(point.recovered for point in best) == 1.5
    assert calls_needed(best, 0.8) == pytest.approx(0.2)


def test_where_no_gap_is_there_is_nothing_to_recover():
    for gains in ([0.0, 0.0], [-1.0, 0.5]):
        curve = Ranking([2, 1]).curve(gains)

        assert (area(curve), calls_needed(curve, 0.5)) == (0.5, 1.0)


def test_one_question_is_enough():
    assert area(Ranking([3]).curve([1.0])) == 0.5


def test_between_two_points_a_coin_decides():
    curve = Ranking([2, 2, 1, 1]).curve(GAINS)

    assert at_share(curve, 0.25) == pytest.approx(0.5)
    assert at_share(curve, 0.5) == pytest.approx(1.0)
    assert at_share(curve, 0.0) == 0.0


def test_intervals_hold_the_value_and_narrow_with_more_questions():
    gains = [float(each > 0.7) for each in draws(400)]
    scores = [gain + 2 * noise for gain, noise in zip(gains, draws(800)[400:], strict=True)]

    many = measured(gains, {"ours": scores}, 200)["ours"].apgr
    few = measured(gains[:80], {"ours": scores[:80]}, 200)["ours"].apgr

    for each in (many, few):
        assert each.low < each.value < each.high
    assert many.high - many.low < few.high - few.low
    # Normal theory for a rank mean of some 120 positives of 400 gives about 0.1.
    assert 0.03 < many.high - many.low < 0.2


def test_the_same_seed_gives_the_same_intervals():
    gains, scores = [float(each > 0.7) for each in draws(50)], draws(100)[50:]

    assert measured(gains, {"a": scores}, 50) == measured(gains, {"a": scores}, 50)
    assert measured(gains, {"a": scores}, 50) != measured(gains, {"a": scores}, 50, seed=2)


def test_a_better_ranking_is_surely_better_and_a_coin_as_often_as_not():
    gains = [float(each > 0.7) for each in draws(300)]
    good = [gain + noise for gain, noise in zip(gains, draws(600)[300:], strict=True)]
    coin, other = draws(900)[600:], draws(1200)[900:]

    assert sureness(gains, good, coin, 100) == 1.0
    assert sureness(gains, coin, good, 100) == 0.0
    assert sureness(gains, good, good, 100) == 0.5
    assert 0.02 < sureness(gains, coin, other, 100) < 0.98


def test_without_resamples_the_interval_is_the_value():
    found = measured(GAINS, {"a": [1, 2, 3, 4]}, 0)["a"].apgr

    assert found.low == found.value == found.high


def test_a_calibrated_probability_is_one_on_the_other_folds():
    chances, dice = draws(4000)[:2000], draws(4000)[2000:]
    worse = [die < chance for die, chance in zip(dice, chances, strict=True)]

    right, wrong = (calibration([way * each for each in chances], worse) for way in (1, -1))

    assert right.error < 0.07
    assert wrong.error > 0.15 > wrong.at_most


def test_the_simple_rules_score_what_their_names_say():
    short, long = Turn("When do you open?"), Turn("Explain how each differs, and why, if at all")

    assert by_length(short) == 4.0
    assert by_keywords(short) == 0.0
    assert by_keywords(long) == 5.0
