"""Labels in, a model out: the analyzer's and the verifier's, and how good they are.

By scikit-learn, which the training process and `evaluate_routing` alone import. What comes out is
JSON, and read without it.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import StratifiedGroupKFold

from routing.analysis.features import measure, rare, standardised
from routing.analysis.trained_model import Head, Model, prior
from routing.checks import trained_classifiers, verifier
from routing.checks.trained_classifiers import Verifier
from routing.learning import training_rows
from routing.learning.calibration import calibrate
from routing.learning.labelled_data import Graded
from routing.learning.labels import LEAST_LABELS, Label, TooFewLabels, recovered
from routing.tier_choice import Turn

__all__ = ["LEAST_LABELS", "Label", "TooFewLabels", "checker", "model", "recovered", "unseen"]

# Set on MMLU subjects left out and on GSM8K draws of 100 to 400 labels; flat around these.
PENALTY, FEATURE_SIZE, PRIOR_SIZE = 60.0, 0.1, 0.2
# How far to go by the first day: it knows what a few hundred labels of customers' messages cannot
# teach (of other shops' 100 labels AUC .91 with the smaller, .95 with the larger), and nothing of
# exams. Cross-validation tells which.
FIRST_DAY_SIZES = (0.2, 1.0)
# From so many labels on they tell by cross-validation how far to trust them; fewer would choose at
# random.
ENOUGH_TO_CHOOSE, PENALTIES = 200, (PENALTY, 20.0, 6.0, 2.0)
LEAST_GAIN = 0.003  # of APGR, for a smaller penalty
# How many times too close to their mean the analyzer's scores are: its penalty shrinks them.
SHRUNK = 2.0
FOLDS = 5


def model(labels: Sequence[Label]) -> Model:
    """Fit and calibrate the analyzer; 2,000 short messages take some 5 s. Raises TooFewLabels."""
    trust, scores = _chosen(labels)
    intercept, slope = _calibrated(labels, scores, SHRUNK)
    return replace(_fitted(labels, trust), intercept=intercept, slope=slope)


def recalibrated(model: Model, labels: Sequence[Label]) -> Model:
    """The same ranking with the probabilities that these labels, new to it, show.

    Raises TooFewLabels.
    """
    _require(labels)
    scores = [model.need(each.measured) for each in labels]
    intercept, slope = _calibrated(labels, scores)
    return replace(model, intercept=intercept, slope=slope)


def checker(labels: Sequence[Label]) -> Verifier:
    """Fit and calibrate the verifier on labels with `checks`; 600 take 1 s. Raises TooFewLabels."""
    labels = [each for each in labels if each.checks is not None]
    intercept, slope = _calibrated(labels, unseen_checks(labels))
    fitted = _fitted_checker(labels)
    (head,) = fitted.heads
    weights = {name: slope * weight for name, weight in head.weights.items()}
    return replace(
        fitted, heads=(trained_classifiers.Head(intercept + slope * head.bias, weights),)
    )


def unseen(labels: Sequence[Label]) -> list[float]:
    """How each label ranks by the analyzer fitted to the other folds: cross-validation.

    Raises TooFewLabels.
    """
    return _chosen(labels)[1]


def unseen_checks(labels: Sequence[Label]) -> list[float]:
    """The same by the verifier; each label has `checks`. Raises TooFewLabels."""
    _require(labels)
    return _unseen(labels, _doubted)


def _require(labels: Sequence[Label]) -> None:
    if len(labels) < LEAST_LABELS:
        raise TooFewLabels(len(labels))
    if len({each.is_worse for each in labels}) < 2:
        raise TooFewLabels(len(labels), alike=True)


@dataclass(frozen=True, slots=True)
class _Trust:
    """How far a fit goes by the labels, and by the first day."""

    penalty: float = PENALTY
    first_day: float = FIRST_DAY_SIZES[0]


def _chosen(labels: Sequence[Label]) -> tuple[_Trust, list[float]]:
    """What ranks labels best that it has not seen, and their scores by it."""
    _require(labels)
    gains = [each.gain for each in labels]
    best, scores = _Trust(), _unseen(labels, _ranked)
    wider = PENALTIES[1:] if len(labels) >= ENOUGH_TO_CHOOSE else ()
    for changed in (
        *({"first_day": size} for size in FIRST_DAY_SIZES[1:]),
        *({"penalty": penalty} for penalty in wider),
    ):
        tried = replace(best, **changed)
        others = _unseen(labels, partial(_ranked, trust=tried))
        if recovered(gains, others) > recovered(gains, scores) + LEAST_GAIN:
            best, scores = tried, others
    return best, scores


def _calibrated(
    labels: Sequence[Label], scores: Sequence[float], shrunk: float = 1.0
) -> tuple[float, float]:
    worse, weights = [each.is_worse for each in labels], [each.weight for each in labels]
    return calibrate(scores, worse, weights, shrunk=shrunk)


def _ranked(labels: Sequence[Label], trust: _Trust = _Trust()) -> Callable[[Label], float]:
    fitted = _fitted(labels, trust)
    return lambda each: fitted.need(each.measured)


def _doubted(labels: Sequence[Label]) -> Callable[[Label], float]:
    fitted = _fitted_checker(labels)
    return lambda each: fitted.log_odds(each.checks or {})


def _unseen(
    labels: Sequence[Label], ranking: Callable[[Sequence[Label]], Callable[[Label], float]]
) -> list[float]:
    """Each label's score by a fit that has not seen its group. Raises TooFewLabels.

    Folds have as many hard labels as all have: one with more would leave easy ones to learn from,
    and its scores would come out low.
    """
    groups = [each.group or f"label {position}" for position, each in enumerate(labels)]
    if len(set(groups)) < FOLDS:
        raise TooFewLabels(len(labels), alike=True)
    worse = [each.is_worse for each in labels]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    scores = [0.0] * len(labels)
    for seen, held_out in folds.split(worse, worse, groups):
        score = ranking([labels[at] for at in seen])
        for at in held_out:
            scores[at] = score(labels[at])
    return scores


def _fitted(labels: Sequence[Label], trust: _Trust) -> Model:
    """The analyzer's two heads, not yet calibrated."""
    values = [{**each.measured.named, "the rules": prior(each.measured)} for each in labels]
    centres, scales = training_rows.standard(values)
    sizes = _sizes(labels, values, centres, trust)
    rarity = training_rows.rarity(labels)
    columns = training_rows.Columns(list(centres), training_rows.vector_length(labels))
    rows = columns.rows(
        [
            (
                [sizes[name] * at for name, at in standardised(row, centres, scales).items()],
                rare(each.measured.ngrams, rarity),
                each.measured.vector,
            )
            for each, row in zip(labels, values, strict=True)
        ]
    )
    weights = training_rows.weights(labels)

    def head(targets: Sequence[float], counted: Sequence[float]) -> Head:
        ridge = Ridge(trust.penalty, solver="sparse_cg", tol=1e-5).fit(rows, targets, counted)
        found = ridge.coef_
        named = {name: float(found[at]) * sizes[name] for at, name in enumerate(centres)}
        buckets = array("f", found[columns.buckets].astype("f").tobytes())
        vector = tuple(map(float, found[columns.vector] * training_rows.VECTOR_SIZE))
        return Head(float(ridge.intercept_), named, buckets, vector)

    known = np.array([each.strong is not None for each in labels])
    can_compare = known.sum() >= min(LEAST_LABELS, len(labels))
    worth = [1 - (each.strong or 0.0) for each in labels]
    return Model(
        cheap=head([1 - each.cheap for each in labels], weights),
        strong=head(worth, weights * known) if can_compare else None,
        centres=centres,
        scales=scales,
        rarity=rarity,
        intercept=0.0,
        slope=1.0,
        labels=len(labels),
    )


def _sizes(
    labels: Sequence[Label],
    values: Sequence[Mapping[str, float]],
    names: Iterable[str],
    trust: _Trust,
) -> dict[str, float]:
    """How much each feature may tell."""
    gains = [each.gain for each in labels]
    sizes = dict.fromkeys(names, FEATURE_SIZE)
    for name, size in {"the rules": PRIOR_SIZE, "the first day": trust.first_day}.items():
        if name in sizes:
            # No better than a coin on these labels: not asked.
            tells = recovered(gains, [row[name] for row in values]) > 0.5
            sizes[name] = size if tells else 0.0
    return sizes


def _fitted_checker(labels: Sequence[Label]) -> Verifier:
    """Ridge regression of the gain, not yet calibrated."""
    values = [each.checks or {} for each in labels]
    centres, scales = training_rows.standard(values)
    rows = np.array([list(standardised(row, centres, scales).values()) for row in values])
    counted = [each.weight for each in labels]
    ridge = Ridge(PENALTY).fit(rows, [each.gain for each in labels], counted)
    weights = {name: float(weight) for name, weight in zip(centres, ridge.coef_, strict=True)}
    head = trained_classifiers.Head(float(ridge.intercept_), weights)
    return Verifier((head,), centres, scales, len(labels))


def label(row: Graded) -> Label:
    """A graded question's label; with the verifier's `checks` where an answer was kept."""
    checks = verifier.measure(verifier.Answered(row.prompt, row.answer)) if row.answer else None
    return Label(measure(Turn(row.prompt)), row.cheap, row.strong, row.group, checks)
