"""Scores become probabilities, and how far off these are is told from chance."""

import random
from collections.abc import Iterator

import pytest

from routing.analysis.trained_model import logistic
from routing.learning.calibration import calibrate, miscalibration, unavoidable


def thrown(count: int, steepness: float) -> Iterator[tuple[float, bool]]:
    """Scores around 0.3 that say a `steepness`th of what they should."""
    draw = random.Random(2)
    for _ in range(count):
        away = draw.uniform(-0.2, 0.2)
        yield 0.3 + away / steepness, draw.random() < 0.3 + away


@pytest.mark.parametrize("count", [100, 400])
def test_scores_that_a_penalty_drew_together_are_spread_again(count):
    scores, worse = zip(*thrown(count, steepness=4.0), strict=True)

    def off(shrunk: float) -> float:
        """By how much the probabilities at either end are apart from the true 0.4."""
        intercept, slope = calibrate(scores, worse, shrunk=shrunk)
        low, high = (logistic(intercept + slope * at) for at in (0.25, 0.35))
        return abs(high - low - 0.4)

    assert off(2.0) < off(1.0) - 0.05


def test_a_ranking_that_says_nothing_stays_the_right_way_round():
    scores, worse = zip(*thrown(400, steepness=-1.0), strict=True)

    _, slope = calibrate(scores, worse, shrunk=2.0)

    assert slope > 0


@pytest.mark.parametrize(("count", "about"), [(640, 0.045), (8600, 0.012)])
def test_chance_alone_shows_an_error_that_shrinks_with_the_questions(count, about):
    mean, most = unavoidable([0.1 + 0.4 * at / count for at in range(count)])

    assert mean == pytest.approx(about, rel=0.15)
    assert mean < most < 2 * mean


def test_probabilities_that_are_off_show_more_than_chance():
    draw = random.Random(3)
    chances = [draw.uniform(0.1, 0.5) for _ in range(800)]
    worse = [draw.random() < each for each in chances]

    _, most = unavoidable(chances)

    assert miscalibration(worse, chances) <= most
    assert miscalibration(worse, [each + 0.15 for each in chances]) > most
