"""How much of the strong model's advantage a ranking of questions recovers, and for how many calls.

Pure. Measures as RouteLLM (Ong et al. 2024) defines them: the questions with the highest scores are
sent to the strong model first. `gains` are its score minus the cheap model's, per question.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import itemgetter, mul

from routing.analysis.trained_model import logistic
from routing.analysis.wording import folded
from routing.learning.calibration import calibrate, miscalibration, unavoidable
from routing.learning.model_training import FOLDS, SHRUNK
from routing.tier_choice import Turn

# What a first router is usually made of; evaluated beside ours.
_HARD_WORDS = re.compile(
    r"\b(?:why|how|explain|compare|difference|calculate|total|each|if|unless|except|which of"
    r"|prove|steps?|percent|analy[sz]e|best|should)\b"
)


def by_length(turn: Turn) -> float:
    """The length rule's score: words."""
    return float(len(turn.text.split()))


def by_keywords(turn: Turn) -> float:
    """The keyword rule's score: how many words of a short list occur."""
    return float(len(set(_HARD_WORDS.findall(folded(turn.text)))))


@dataclass(frozen=True, slots=True)
class Between:
    """A measure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measures:
    """APGR: average performance gap recovered, 0.5 for a coin. CPT(x): share of calls to the strong
    model, 0 to 1, at which x of the gap is recovered.
    """

    apgr: Between
    cpt50: Between
    cpt80: Between


@dataclass(frozen=True, slots=True)
class Point:
    """At this share of calls to the strong model, so much of the gap is recovered."""

    share: float
    recovered: float


class Ranking:
    """Questions in the order of their scores, highest first; equal ones are sent together."""

    def __init__(self, scores: Sequence[float]) -> None:
        order = sorted(range(len(scores)), key=lambda at: -scores[at])
        last = len(order) - 1
        ends = [
            place
            for place, at in enumerate(order)
            if place == last or scores[order[place + 1]] != scores[at]
        ]
        # A repeated index, taken off again: with one alone, itemgetter gives no tuple.
        self._sort, self._take = itemgetter(*order, order[0]), itemgetter(*ends, ends[0])

    def totals(self, values: Sequence[float]) -> list[float]:
        """What the values add up to after each group of equal scores; begins with 0."""
        running = list(accumulate(self._sort(values)[:-1]))
        return [0.0, *self._take(running)[:-1]]

    def curve(self, gains: Sequence[float], counts: Sequence[float] | None = None) -> list[Point]:
        """From nothing to everything sent; empty where there is no gap to recover.

        `counts`: how often each question occurs, once by default.
        """
        counts = counts or [1.0] * len(gains)
        gained = self.totals(list(map(mul, gains, counts)))
        asked = self.totals(counts)
        if gained[-1] <= 0:
            return []
        return [
            Point(number / asked[-1], gain / gained[-1])
            for number, gain in zip(asked, gained, strict=True)
        ]


def area(curve: Sequence[Point]) -> float:
    """APGR; 0.5 where there is no gap."""
    if not curve:
        return 0.5
    return sum((b.share - a.share) * (a.recovered + b.recovered) / 2 for a, b in pairwise(curve))


def calls_needed(curve: Sequence[Point], recovered: float) -> float:
    """CPT: the least share of calls at which so much is recovered; 1 where nothing is."""
    for before, after in pairwise(curve):
        if after.recovered >= recovered:
            part = (recovered - before.recovered) / (after.recovered - before.recovered)
            return before.share + part * (after.share - before.share)
    return 1.0


def at_share(curve: Sequence[Point], share: float) -> float:
    """How much is recovered at a share of calls, between the points as between a coin's."""
    for before, after in pairwise(curve):
        if after.share >= share:
            part = (share - before.share) / (after.share - before.share)
            return before.recovered + part * (after.recovered - before.recovered)
    return 1.0


def measured(
    gains: Sequence[float], rankings: Mapping[str, Sequence[float]], resamples: int, seed: int = 1
) -> dict[str, Measures]:
    """The measures of each ranking's scores. All are resampled alike, so intervals compare."""
    ranked = {name: Ranking(scores) for name, scores in rankings.items()}
    found: dict[str, list[tuple[float, float, float]]] = {
        name: [_three(ranking.curve(gains))] for name, ranking in ranked.items()
    }
    for counts in _resampled(len(gains), resamples, seed):
        for name, ranking in ranked.items():
            found[name].append(_three(ranking.curve(gains, counts)))
    return {
        name: Measures(*(_between(each) for each in zip(*rows, strict=True)))
        for name, rows in found.items()
    }


def sureness(
    gains: Sequence[float],
    ours: Sequence[float],
    theirs: Sequence[float],
    resamples: int,
    seed: int = 1,
) -> float:
    """In which share of resamples our scores rank better than theirs; as well counts for half."""
    mine, other = Ranking(ours), Ranking(theirs)
    won = 0.0
    for counts in _resampled(len(gains), resamples, seed):
        ahead = area(mine.curve(gains, counts)) - area(other.curve(gains, counts))
        won += 0.5 if abs(ahead) < 1e-12 else float(ahead > 0)
    return won / resamples


def _resampled(count: int, resamples: int, seed: int) -> Iterator[list[float]]:
    """How often each of so many is drawn, with replacement."""
    draw = random.Random(seed)  # noqa: S311  a bootstrap keeps no secret
    for _ in range(resamples):
        counts = [0.0] * count
        for at in draw.choices(range(count), k=count):
            counts[at] += 1.0
        yield counts


def _three(curve: Sequence[Point]) -> tuple[float, float, float]:
    return area(curve), calls_needed(curve, 0.5), calls_needed(curve, 0.8)


def _between(values: Sequence[float]) -> Between:
    """The first value, and the interval of the others."""
    resampled = sorted(values[1:]) or [values[0]]
    last = len(resampled) - 1
    return Between(values[0], resampled[round(0.025 * last)], resampled[round(0.975 * last)])


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the probabilities that cheap is worse are off, from 0 to 1: the mean over ten bins
    of as many questions each.

    Chance alone comes to `unavoidable` on average, and to more than `at_most` once in twenty.
    """

    error: float
    unavoidable: float
    at_most: float


def calibration(scores: Sequence[float], worse: Sequence[bool]) -> Calibration:
    """Of the analyzer's cross-validated scores, calibrated as it is, on the other folds."""
    chances = [0.0] * len(scores)
    for fold in range(FOLDS):
        others = [at for at in range(len(scores)) if at % FOLDS != fold]
        intercept, slope = calibrate(
            [scores[at] for at in others], [worse[at] for at in others], shrunk=SHRUNK
        )
        for at in range(fold, len(scores), FOLDS):
            chances[at] = logistic(intercept + slope * scores[at])
    return Calibration(miscalibration(worse, chances), *unavoidable(chances))
