"""What is fitted to labels: two ridge regressions, what they say, and how they are stored. Pure.

`model_training.model` makes one. Over named features, hashed words and, where there is one, the
embedding; the first day's log-odds and the rules' score are among the features.
"""

import base64
import json
import math
import zlib
from array import array
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from operator import mul
from pathlib import Path
from typing import Any

from routing.analysis.difficulty import weigh
from routing.analysis.features import BUCKETS, Measured, measure, rare, standardised
from routing.errors import RoutingError
from routing.tier_choice import HIGHEST, LOWEST, Moved, Turn

ARTIFACTS = Path(__file__).parent.parent / "artifacts"

FORMAT = 2  # raised when features change their meaning: older texts are then refused


class BadModel(RoutingError):
    """A stored model cannot be read: damaged, or written by another version."""


@dataclass(frozen=True, slots=True)
class Head:
    """A ridge regression: `weights` on standardised features, `ngrams` by hash bucket.

    `vector` is multiplied with an embedding; () where labels had none.
    """

    bias: float
    weights: Mapping[str, float]
    ngrams: "array[float]"
    vector: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """What `model_training.model` learned; read and written by `artifacts`.

    `cheap` predicts that the cheap model fails, `strong` that the strong one fails too: what
    nobody answers is not worth sending. `centres` and `scales` standardise features; `rarity`
    weighs a hash bucket, 0 where it was never seen. `slope` and `intercept` calibrate.
    """

    cheap: Head
    strong: Head | None
    centres: Mapping[str, float]
    scales: Mapping[str, float]
    rarity: "array[float]"
    intercept: float
    slope: float
    labels: int

    def need(self, measured: Measured) -> float:
        """The score before calibration, 0 to 1: comparable within this model only."""
        cheap, strong = self._terms(measured)
        return need(sum(cheap.values()), sum(strong.values()))

    def probability(self, measured: Measured) -> float:
        """That the cheap answer would be worse, 0 to 1."""
        return logistic(self.intercept + self.slope * self.need(measured))

    def moved(self, measured: Measured) -> tuple[float, list[Moved]]:
        """The probability, and what each feature adds against the average of the labels."""
        cheap, strong = self._terms(measured)
        fails, both_fail = sum(cheap.values()), sum(strong.values())

        def probability(name: str) -> float:
            least = need(fails - cheap.get(name, 0.0), both_fail - strong.get(name, 0.0))
            return logistic(self.intercept + self.slope * least)

        full, ten = probability(""), HIGHEST - LOWEST
        names = (name for name in cheap if name != "bias")
        return full, [Moved(name, ten * (full - probability(name))) for name in names]

    def text(self) -> str:
        """The model as JSON for `read`, some 200 KB; unknown words cost nothing."""
        stored = {name: _written(value) for name, value in asdict(self).items()}
        return json.dumps({"format": FORMAT, **stored})

    def _terms(self, measured: Measured) -> tuple[dict[str, float], dict[str, float]]:
        """What each feature adds to either head."""
        values = {**measured.named, "the rules": prior(measured)}
        standard = standardised(values, self.centres, self.scales)
        words = rare(measured.ngrams, self.rarity)

        def terms(head: Head) -> dict[str, float]:
            added = {name: at * standard.get(name, 0.0) for name, at in head.weights.items()}
            added["wording"] = sum(head.ngrams[bucket] * at for bucket, at in words.items())
            if len(head.vector) == len(measured.vector):
                added["meaning"] = sum(map(mul, head.vector, measured.vector))
            return added | {"bias": head.bias}

        return terms(self.cheap), terms(self.strong) if self.strong else {}


def read(stored: str) -> Model:
    """A model from its `text`. Raises BadModel."""
    try:
        given: dict[str, Any] = json.loads(stored)
        if given.pop("format") != FORMAT:
            raise BadModel("written by another version")
        model = Model(
            cheap=_head(given["cheap"]),
            strong=_head(given["strong"]) if given["strong"] else None,
            centres=dict(given["centres"]),
            scales=dict(given["scales"]),
            rarity=_floats(given["rarity"]),
            intercept=float(given["intercept"]),
            slope=float(given["slope"]),
            labels=int(given["labels"]),
        )
        model.probability(measure(Turn("")))  # fails where features are unknown
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise BadModel(str(error)) from error
    return model


def prior(measured: Measured) -> float:
    """The score by the rules and the task type, 1 to 10: a feature of what is learned."""
    return min(HIGHEST, max(LOWEST, weigh(measured.seen).value + measured.task))


def logistic(log_odds: float) -> float:
    """A probability from log-odds; never overflows."""
    return 0.5 + 0.5 * math.tanh(log_odds / 2)


def need(fails: float, both_fail: float) -> float:
    """How much a question deserves the strong model, from what either head predicts.

    Squared, because a question that the strong model fails too is worth nothing: the plain
    difference lost 0.02 of MMLU's APGR on subjects left out.
    """
    return min(1.0, max(0.0, fails)) * (1.0 - min(1.0, max(0.0, both_fail))) ** 2


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return _written(array("f", value))
    if isinstance(value, array):
        return base64.b64encode(zlib.compress(value.tobytes(), 9)).decode()
    return {k: _written(v) for k, v in value.items()} if isinstance(value, dict) else value


def _head(given: Mapping[str, Any]) -> Head:
    weights, ngrams = dict(given["weights"]), _floats(given["ngrams"])
    return Head(float(given["bias"]), weights, ngrams, tuple(_unpacked(given["vector"])))


def _unpacked(packed: str) -> "array[float]":
    values = array("f")
    values.frombytes(zlib.decompress(base64.b64decode(packed, validate=True)))
    return values


def _floats(packed: str) -> "array[float]":
    values = _unpacked(packed)
    if len(values) != BUCKETS:
        raise BadModel(f"{len(values)} buckets instead of {BUCKETS}")
    return values
