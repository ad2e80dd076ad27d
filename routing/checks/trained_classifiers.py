"""What training made of the answer check: heads, each of which knows one family of errors. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.analysis.features import standardised
from routing.analysis.learned_score import LEAST_MOVE
from routing.analysis.trained_model import BadModel, logistic
from routing.tier_choice import Moved

Floats = npt.NDArray[np.float64]

# Raised when features change their meaning: models stored before are then refused.
FORMAT = 3
# Beyond which a sum and its log-odds are the same number, and below which it counts as that.
MOST_SURE, LEAST = 30.0, 1e-12


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic regression on standardised features: how likely its errors are."""

    bias: float
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Verifier:
    """An answer is right where no head finds an error.

    One linear sum of all would let a sound figure make up for a question that is left open. A
    site's own has one head. `shift` is added to the log-odds of them all.
    """

    heads: tuple[Head, ...]
    centres: Mapping[str, float]
    scales: Mapping[str, float]
    labels: int
    shift: float = 0.0

    def log_odds(self, features: Mapping[str, float]) -> float:
        """That the answer is wrong."""
        return float(self._together(self._terms(features).sum(axis=1) + self._biases))

    def moved(self, features: Mapping[str, float]) -> tuple[float, list[Moved]]:
        """The doubt, 0 to 1, and what each feature adds to it, in points of ten, largest first."""
        terms = self._terms(features)
        sums = terms.sum(axis=1) + self._biases
        doubt = logistic(float(self._together(sums)))
        without = self._together(sums[:, None] - terms)
        moved = [
            Moved(name, 10 * (doubt - logistic(odds)))
            for name, odds in zip(self.centres, without.tolist(), strict=True)
        ]
        found = [each for each in moved if abs(each.points) >= LEAST_MOVE]
        return doubt, sorted(found, key=lambda move: -abs(move.points))

    def text(self) -> str:
        """The model as JSON for `read`, some 2 KB a head."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    @cached_property
    def _biases(self) -> Floats:
        return np.array([head.bias for head in self.heads])

    @cached_property
    def _weights(self) -> Floats:
        """Of each head a row, of each feature a column."""
        return np.array(
            [[head.weights.get(name, 0.0) for name in self.centres] for head in self.heads]
        )

    def _terms(self, features: Mapping[str, float]) -> Floats:
        """What each feature adds to the log-odds of each head, in the same shape."""
        standard = standardised(features, self.centres, self.scales)
        terms: Floats = self._weights * np.array(list(standard.values()))
        return terms

    def _together(self, sums: Floats) -> Floats:
        """The log-odds that a head is right about its error, of each head's own (in rows)."""
        # Minus the logarithm of how likely it is that no head is right.
        none = np.logaddexp(0.0, sums).sum(axis=0)
        sure = none > MOST_SURE
        unsure = np.clip(none, LEAST, MOST_SURE)
        together: Floats = self.shift + np.where(sure, none, np.log(np.expm1(unsure)))
        return together


def read(stored: str) -> Verifier:
    """A verifier from its `text`. Raises BadModel."""
    try:
        given: dict[str, Any] = json.loads(stored)
        if given["format"] != FORMAT:
            raise BadModel("written by another version")
        heads = tuple(
            Head(float(each["bias"]), _numbers(each["weights"])) for each in given["heads"]
        )
        centres, scales = _numbers(given["centres"]), _numbers(given["scales"])
        model = Verifier(heads, centres, scales, int(given["labels"]), float(given["shift"]))
        if not heads or any(head.weights.keys() - centres.keys() for head in heads):
            raise BadModel("a head is missing, or knows another feature")
        model.log_odds(centres)  # fails where there is no scale
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadModel(str(error)) from error
    return model


def _numbers(given: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in given.items()}
