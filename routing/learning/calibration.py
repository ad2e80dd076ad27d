"""Scores as probabilities: fitted to what became of them, and how far off they are. Pure."""

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from operator import mul

from routing.analysis.learned_score import logistic


def calibrate(
    scores: Sequence[float],
    worse: Sequence[bool],
    counts: Sequence[float] | None = None,
    *,
    shrunk: float = 1.0,
) -> tuple[float, float]:
    """Intercept and slope of the logistic from unseen scores to a probability (Platt 1999).

    `counts`: what each score counts for, once by default.

    The slope has a prior: a score is taken as the probability it was fitted to be, `shrunk` so
    many times towards their mean, give or take half, until some 2,000 labels say otherwise. It
    stays positive, so the ranking is kept.
    """
    counts = counts or [1.0] * len(scores)
    rate = (sum(map(mul, counts, worse)) + 1) / (sum(counts) + 2)
    centre = sum(scores) / len(scores)
    honest = shrunk / (rate * (1 - rate))
    away = [each - centre for each in scores]
    level, slope, trust = math.log(rate / (1 - rate)), honest, 4 / honest**2
    for _ in range(20):
        guesses = [logistic(level + slope * each) for each in away]
        errors = [
            count * (guess - truth)
            for count, guess, truth in zip(counts, guesses, worse, strict=True)
        ]
        spreads = [
            count * guess * (1 - guess) for count, guess in zip(counts, guesses, strict=True)
        ]
        first, second = sum(errors), sum(map(mul, errors, away)) + trust * (slope - honest)
        aa, ab = sum(spreads) + 1e-9, sum(map(mul, spreads, away))
        bb = sum(spread * each * each for spread, each in zip(spreads, away, strict=True)) + trust
        level -= (bb * first - ab * second) / (aa * bb - ab * ab)
        slope -= (aa * second - ab * first) / (aa * bb - ab * ab)
        slope = min(4 * honest, max(honest / 4, slope))
    return level - slope * centre, slope


def miscalibration(truths: Sequence[bool], probabilities: Sequence[float], bins: int = 10) -> float:
    """Expected calibration error: mean |share true - mean probability| over equal-sized bins."""
    order = sorted(zip(probabilities, truths, strict=True))
    cuts = [number * len(order) // bins for number in range(bins + 1)]
    parts = (order[start:end] for start, end in pairwise(cuts))
    return sum(abs(sum(p - t for p, t in part)) for part in parts) / max(1, len(order))


def unavoidable(probabilities: Sequence[float], draws: int = 300) -> tuple[float, float]:
    """What `miscalibration` comes to where each probability is the true one: chance alone.

    The mean, and what one draw in twenty exceeds. Of 600 questions it is 0.04, of 8,000 0.01.
    """
    chance = random.Random(1)  # noqa: S311  dice, not a secret
    found = sorted(
        miscalibration([chance.random() < each for each in probabilities], probabilities)
        for _ in range(draws)
    )
    return sum(found) / draws, found[int(0.95 * (draws - 1))]
