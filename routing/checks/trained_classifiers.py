"""What training made of the answer check: heads, each of which knows one family of errors. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from routing.analysis.features import standardised
from routing.analysis.learned_score import LEAST_MOVE
from routing.analysis.trained_model import BadModel, logistic
from routing.tier_choice import Moved

# Raised when features change their meaning: models stored before are then refused.
FORMAT = 3
# Beyond which a sum and its log-odds are the same number, and below which it counts as that.
MOST_SURE, LEAST = 30.0, 1e-12


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic regression on standardised features: how likely its errors are."""

    bias: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
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
        return self._together([sum(each.values()) for each in self._terms(features)])

    def moved(self, features: Mapping[str, float]) -> tuple[float, list[Moved]]:
        """The doubt, 0 to 1, and what each feature adds to it, in points of ten, largest first."""
        terms = self._terms(features)
        sums = [sum(each.values()) for each in terms]
        doubt = logistic(self._together(sums))
        found = []
        for name in self.centres:
            without = [total - each.get(name, 0.0) for total, each in zip(sums, terms, strict=True)]
            points = 10 * (doubt - logistic(self._together(without)))
            if abs(points) >= LEAST_MOVE:
                found.append(Moved(name, points))
        return doubt, sorted(found, key=lambda move: -abs(move.points))

    def text(self) -> str:
        """The model as JSON for `read`, some 2 KB a head."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    def _terms(self, features: Mapping[str, float]) -> list[dict[str, float]]:
        standard = standardised(features, self.centres, self.scales)
        return [
            {"": head.bias} | {name: at * standard[name] for name, at in head.weights.items()}
            for head in self.heads
        ]

    def _together(self, sums: list[float]) -> float:
        # Minus the logarithm of how likely it is that no head is right.
        none = sum(map(_softplus, sums))
        return self.shift + (none if none > MOST_SURE else math.log(math.expm1(max(none, LEAST))))


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


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))
