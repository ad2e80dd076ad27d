"""Labels in, a model out: the analyzer's and the verifier's, and how good they are. Pure.

Plain Python: numpy would be ten times as fast and cost the worker that refits at night 30 MB.
`python -m routing.learning.model_training ../shared/data/routing` writes the shipped artifacts
again (1 minute).
"""

import math
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from zlib import crc32

from routing.analysis.features import (
    BUCKETS,
    Measured,
    measure,
    rare,
    standardised,
)
from routing.analysis.learned_score import (
    ARTIFACTS,
    Head,
    Model,
    prior,
)
from routing.checks import verifier
from routing.choice import Turn
from routing.errors import RoutingError
from routing.learning import labelled_data
from routing.learning.calibration import calibrate
from routing.learning.labelled_data import Graded
from routing.learning.ridge import Key, Rows

FEWEST = 100  # fewer labels say less than the rules do
# Set on MMLU subjects left out and on GSM8K draws of 100 to 400 labels; flat around these.
PENALTY, FEATURE_SIZE, PRIOR_SIZE = 60.0, 0.1, 0.2
# From so many labels on they tell by themselves how far to trust words; fewer would choose at
# random. On customers' messages 2,000 labels gain 0.02 of APGR by it, exams keep the first.
MANY, PENALTIES = 1000, (PENALTY, 20.0, 6.0)
LEAST_GAIN = 0.003  # of APGR, for a smaller penalty
# How many times too close to their mean the analyzer's scores are: its penalty shrinks them. From
# 100 labels to 2,000, on exams and on customers' messages alike, 2 to 3 gave the likeliest
# probabilities.
SHRUNK = 2.0
SEEN = 2  # labels in which a bucket must occur to be given a weight
FOLDS = 5


class TooFewLabels(RoutingError):
    """Not enough labels, or all say the same."""

    def __init__(self, labels: int, needed: int = FEWEST) -> None:
        super().__init__(f"{labels} labels are too few or too alike; at least {needed} are needed")
        self.labels, self.needed = labels, needed


@dataclass(frozen=True, slots=True)
class Label:
    """How good the cheap answer was, 0 to 1, and the strong one where it is known.

    `checks` are the answer's, from `verifier.measure`, where it is to teach the verifier. Labels
    of one `group` (a subject, a conversation) are held out together; large ones count for less.
    `weight`, up to 1: how far it is trusted.
    """

    measured: Measured
    cheap: float
    strong: float | None = None
    group: str = ""
    checks: Mapping[str, float] | None = None
    weight: float = 1.0

    @property
    def is_worse(self) -> bool:
        """Whether the strong answer would have been better by more than it would not."""
        return self.gain >= 0.5

    @property
    def gain(self) -> float:
        """What the strong answer would have added; it is taken as right where it is not known."""
        return (1.0 if self.strong is None else self.strong) - self.cheap


def model(labels: Sequence[Label]) -> Model:
    """Fit and calibrate the analyzer; 2,000 short messages take some 5 s. Raises TooFewLabels."""
    _require(labels)
    gains = [each.gain for each in labels]
    penalty, scores = PENALTY, unseen(labels)
    for smaller in PENALTIES[1:] if len(labels) >= MANY else ():
        others = _unseen(labels, partial(_ranked, penalty=smaller))
        if recovered(gains, others) > recovered(gains, scores) + LEAST_GAIN:
            penalty, scores = smaller, others
    intercept, slope = _calibrated(labels, scores, SHRUNK)
    return replace(_fitted(labels, penalty), intercept=intercept, slope=slope)


def recalibrated(model: Model, labels: Sequence[Label]) -> Model:
    """The same ranking with the probabilities that these labels, new to it, show.

    Raises TooFewLabels.
    """
    _require(labels)
    scores = [model.need(each.measured) for each in labels]
    intercept, slope = _calibrated(labels, scores)
    return replace(model, intercept=intercept, slope=slope)


def checker(labels: Sequence[Label]) -> verifier.Verifier:
    """Fit and calibrate the verifier on labels with `checks`; 600 take 1 s. Raises TooFewLabels."""
    labels = [each for each in labels if each.checks is not None]
    _require(labels)
    intercept, slope = _calibrated(labels, unseen_checks(labels))
    fitted = _fitted_checker(labels)
    weights = {name: slope * weight for name, weight in fitted.weights.items()}
    return replace(fitted, bias=intercept + slope * fitted.bias, weights=weights)


def unseen(labels: Sequence[Label]) -> list[float]:
    """How each label ranks by the analyzer fitted to the other folds: cross-validation.

    Raises TooFewLabels.
    """
    _require(labels)
    return _unseen(labels, _ranked)


def unseen_checks(labels: Sequence[Label]) -> list[float]:
    """The same by the verifier; each label has `checks`. Raises TooFewLabels."""
    _require(labels)
    return _unseen(labels, _doubted)


def recovered(gains: Sequence[float], scores: Sequence[float]) -> float:
    """Average performance gap recovered (APGR, RouteLLM 2024): 0.5 is a coin, above 1 possible.

    `gains`: the strong model's score minus the cheap one's, per message; the highest `scores`
    are sent first, equal ones share what they gain. 0.5 where there is no gap to recover.
    """
    groups: dict[float, list[float]] = {}
    for score, gain in zip(scores, gains, strict=True):
        groups.setdefault(score, []).append(gain)
    area = so_far = 0.0
    for score in sorted(groups, reverse=True):
        gain = sum(groups[score])
        area += (so_far + gain / 2) * len(groups[score])
        so_far += gain
    return area / (so_far * len(gains)) if so_far > 0 else 0.5


def _require(labels: Sequence[Label]) -> None:
    if len(labels) < FEWEST or len({each.is_worse for each in labels}) < 2:
        raise TooFewLabels(len(labels))


def _calibrated(
    labels: Sequence[Label], scores: Sequence[float], shrunk: float = 1.0
) -> tuple[float, float]:
    worse, weights = [each.is_worse for each in labels], [each.weight for each in labels]
    return calibrate(scores, worse, weights, shrunk=shrunk)


def _ranked(labels: Sequence[Label], penalty: float = PENALTY) -> Callable[[Label], float]:
    fitted = _fitted(labels, penalty)
    return lambda each: fitted.need(each.measured)


def _doubted(labels: Sequence[Label]) -> Callable[[Label], float]:
    fitted = _fitted_checker(labels)
    return lambda each: fitted.bias + sum(fitted.terms(each.checks or {}).values())


def _unseen(
    labels: Sequence[Label], ranking: Callable[[Sequence[Label]], Callable[[Label], float]]
) -> list[float]:
    """Each label's score by a fit that has not seen its group. Raises TooFewLabels.

    A fold of hard labels leaves easy ones to learn from, so its scores come out low: each fold is
    centred on the mean of all. Without, GSM8K's APGR was 0.57 to 0.66 by the draw, not 0.65-0.67.
    """
    keys = [each.group or str(position) for position, each in enumerate(labels)]
    fold = [crc32(key.encode("utf-8", "replace")) % FOLDS for key in keys]
    scores, centres = [0.0] * len(labels), [0.0] * len(labels)
    for held_out in sorted(set(fold)):
        seen = [each for each, at in zip(labels, fold, strict=True) if at != held_out]
        if not seen:
            raise TooFewLabels(len(labels))  # all of one group
        score = ranking(seen)
        unseen = [position for position, at in enumerate(fold) if at == held_out]
        for position in unseen:
            scores[position] = score(labels[position])
        centre = sum(scores[position] for position in unseen) / len(unseen)
        for position in unseen:
            centres[position] = centre
    centre = sum(scores) / len(scores)
    return [score - own + centre for score, own in zip(scores, centres, strict=True)]


def _fitted(labels: Sequence[Label], penalty: float) -> Model:
    """The analyzer's two heads, not yet calibrated."""
    values = [{**each.measured.named, "the rules": prior(each.measured)} for each in labels]
    centres, scales = _standard(values)
    sizes = dict.fromkeys(centres, FEATURE_SIZE) | {"the rules": PRIOR_SIZE}
    if recovered([each.gain for each in labels], [row["the rules"] for row in values]) <= 0.5:
        sizes["the rules"] = 0.0  # no better than a coin here
    counts = Counter(bucket for each in labels for bucket in each.measured.ngrams)
    rarity = array("f", bytes(4 * BUCKETS))
    for bucket, count in counts.items():
        if count >= SEEN:
            rarity[bucket] = math.log((1 + len(labels)) / (1 + count)) + 1
    rows = Rows(
        [
            _row(standardised(row, centres, scales), sizes, rare(each.measured.ngrams, rarity))
            for each, row in zip(labels, values, strict=True)
        ]
    )
    groups = Counter(each.group for each in labels if each.group)
    mean = sum(groups.values()) / max(1, len(groups))
    weights = [
        each.weight * (groups[each.group] / mean) ** -0.5 if each.group else each.weight
        for each in labels
    ]

    def head(targets: Sequence[float], known: Sequence[bool] | None = None) -> Head:
        counts = (
            weights
            if known is None
            else [weight * at for weight, at in zip(weights, known, strict=True)]
        )
        bias, solved = rows.solve(targets, counts, penalty)
        ngrams = array("f", bytes(4 * BUCKETS))
        for key, weight in solved.items():
            if isinstance(key, int):
                ngrams[key] = weight
        return Head(bias, {name: solved.get(name, 0.0) * sizes[name] for name in centres}, ngrams)

    known = [each.strong is not None for each in labels]
    return Model(
        cheap=head([1 - each.cheap for each in labels]),
        strong=(
            head([1 - (each.strong or 0.0) for each in labels], known)
            if sum(known) >= min(FEWEST, len(labels))
            else None
        ),
        centres=centres,
        scales=scales,
        rarity=rarity,
        intercept=0.0,
        slope=1.0,
        labels=len(labels),
    )


def _row(
    standard: Mapping[str, float], sizes: Mapping[str, float], words: Mapping[int, float]
) -> dict[Key, float]:
    row: dict[Key, float] = {name: sizes[name] * at for name, at in standard.items()}
    row.update(words.items())
    return row


def _fitted_checker(labels: Sequence[Label]) -> verifier.Verifier:
    """Ridge regression of the gain, not yet calibrated."""
    values = [each.checks or {} for each in labels]
    centres, scales = _standard(values)
    unit = dict.fromkeys(centres, 1.0)
    rows = Rows([_row(standardised(row, centres, scales), unit, {}) for row in values])
    bias, weights = rows.solve(
        [each.gain for each in labels], [each.weight for each in labels], PENALTY
    )
    return verifier.Verifier(
        bias, {str(name): at for name, at in weights.items()}, centres, scales, len(labels)
    )


def _standard(rows: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean and standard deviation of the features that differ between labels."""
    means = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    spreads = {
        name: math.sqrt(sum((row[name] - mean) ** 2 for row in rows) / len(rows))
        for name, mean in means.items()
    }
    kept = [name for name, spread in spreads.items() if spread > 1e-9]
    return {name: means[name] for name in kept}, {name: spreads[name] for name in kept}


def label(row: Graded) -> Label:
    """A graded question's label; with the verifier's `checks` where an answer was kept."""
    checks = verifier.measure(verifier.Answered(row.prompt, row.answer)) if row.answer else None
    return Label(measure(Turn(row.prompt)), row.cheap, row.strong, row.group, checks)


def exam_labels(folder: Path, name: str) -> list[Label]:
    """The labels of a graded set, `name`.jsonl.gz. Raises BadGrades."""
    return [label(row) for row in labelled_data.read(folder / f"{name}.jsonl.gz")]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    answers = exam_labels(folder, "gsm8k")
    (ARTIFACTS / "exams.json").write_text(model([*exam_labels(folder, "mmlu"), *answers]).text())
