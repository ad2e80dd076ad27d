"""Scores as probabilities: fitted to what became of them, and how far off they are."""

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from sklearn.linear_model import LogisticRegression

# Labels that the prior of a slope counts for, at each end of the scores.
PRIOR_LABELS = 80.0


def calibrate(
    scores: Sequence[float],
    worse: Sequence[bool],
    counts: Sequence[float] | None = None,
    *,
    shrunk: float = 1.0,
) -> tuple[float, float]:
    """Intercept and slope of the logistic from unseen scores to a probability (Platt 1999).

    `counts`: what each score counts for, once by default. The slope has a prior: a score is taken
    as the probability that it was fitted to be, `shrunk` so many times towards their mean. Few
    labels move it little, and it stays positive, so the ranking is kept.
    """
    weights = np.ones(len(scores)) if counts is None else np.asarray(counts, float)
    truth = np.asarray(worse, float)
    rate = (weights @ truth + 1) / (weights.sum() + 2)
    centre = float(np.mean(scores))
    honest = shrunk / (rate * (1 - rate))
    away = (np.asarray(scores, float) - centre) * honest
    # The prior as labels: at both ends of the scores, what the slope that is expected says.
    ends = np.array([away.min(), away.max()])
    expected = 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + ends)))
    rows = np.concatenate([away, ends, ends])
    truths = np.concatenate([truth, np.ones(2), np.zeros(2)])
    trusts = np.concatenate([weights, PRIOR_LABELS * expected, PRIOR_LABELS * (1 - expected)])
    fitted = LogisticRegression(C=1e6).fit(rows.reshape(-1, 1), truths, trusts)
    slope = honest * min(4.0, max(0.25, float(fitted.coef_[0, 0])))
    return float(fitted.intercept_[0]) - float(slope) * centre, float(slope)


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
