"""How likely is it that the cheap answer would not do? Rules first, then a site's own labels. Pure.

On the first day the rules' points are all there is. From labels, `model_training.model` makes a
`Model`: two ridge regressions over named features and hashed words, among the features the rules'
score. What is grave never scores below the rules, whatever labels say.
"""

import base64
import json
import math
import zlib
from array import array
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from routing.analysis.difficulty import (
    HIGHEST,
    LOWEST,
    Signals,
    signals,
    weigh,
)
from routing.analysis.features import (
    BUCKETS,
    Measured,
    measure,
    rare,
    standardised,
)
from routing.analysis.hazards import GRAVE
from routing.analysis.hazards import points as stake_points
from routing.choice import Moved, Score, Turn
from routing.errors import RoutingError

ARTIFACTS = Path(__file__).parent.parent / "artifacts"

# How a receipt calls the floor under grave messages.
STAKES_FIRST = "never below the rules"
# Changes of the score that a receipt leaves out.
LEAST_MOVE = 0.05

FORMAT = 1  # raised when features change their meaning: older texts are then refused

# What a signal of the rules is when it says nothing, by the name of its feature.
_SILENT: Mapping[str, Callable[[Signals], Signals]] = {
    "questions": lambda seen: replace(seen, questions=1),
    "parts": lambda seen: replace(seen, parts=0),
    "length": lambda seen: replace(seen, words=min(seen.words, 15)),
    "reasoning": lambda seen: replace(seen, reasoning=()),
    "upset": lambda seen: replace(seen, upset=False),
    "asked before": lambda seen: replace(seen, again=False),
    "messages before": lambda seen: replace(seen, earlier=0),
    "bad ratings": lambda seen: replace(seen, bad_ratings=0),
    "coverage": lambda seen: replace(seen, evidence=0.5),
}


class BadModel(RoutingError):
    """A stored model cannot be read: damaged, or written by another version."""


class Stage(StrEnum):
    """What an estimate rests on."""

    FIRST_DAY = "first day"
    LEARNED = "learned"

    @property
    def analyzer(self) -> str:
        """How a receipt names it."""
        return f"learned, {self}" if self is Stage.FIRST_DAY else "learned"


@dataclass(frozen=True, slots=True)
class Estimate:
    """`score` of 1 to 10, at which the choice flips, and what it comes from.

    `probability` (0 to 1) that the cheap answer would be worse than the strong one; calibrated
    where `stage` is learned, a convention where it is the first day. `moved`: largest first.
    """

    score: float
    stage: Stage
    moved: tuple[Moved, ...]
    language: str

    @property
    def probability(self) -> float:
        return (self.score - LOWEST) / (HIGHEST - LOWEST)

    def as_score(self) -> Score:
        """The estimate as routing's other analyzers put it: reasons in words, strongest first."""
        told = tuple(f"{move.name} {move.points:+.1f}" for move in self.moved)
        reasons = told or ("nothing unusual",)
        return Score(round(self.score, 1), self.stage.analyzer, reasons, self.moved)


@dataclass(frozen=True, slots=True)
class Head:
    """A ridge regression: `weights` on standardised features, `ngrams` by hash bucket."""

    bias: float
    weights: Mapping[str, float]
    ngrams: "array[float]"


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


@cache
def exams() -> Model:
    """The model fitted to graded exams (MMLU, GSM8K), read once a process. For evaluation only."""
    return read((ARTIFACTS / "exams.json").read_text())


def score(turn: Turn, model: Model | None = None) -> tuple[Score, Signals]:
    """What decides: `estimate`, without measuring what only a model reads where there is none.

    On the first day it is the rules' score in the rules' words, at the rules' cost.
    """
    if model is None:
        seen = signals(turn)
        return replace(weigh(seen), analyzer=Stage.FIRST_DAY.analyzer), seen
    measured = measure(turn)
    return weighed(measured, model).as_score(), measured.seen


def estimate(turn: Turn, model: Model | None = None, *, task: float = 0.0) -> Estimate:
    """Score a turn, with the rules alone or with a fitted model. Any text is accepted.

    `task`: points of ten that the operator gives the recognised task type. A usual message takes
    under 0.5 ms.
    """
    return weighed(measure(turn, task), model)


def weighed(measured: Measured, model: Model | None = None) -> Estimate:
    """The estimate of what was measured before."""
    if model is None:
        score, stage, moved = prior(measured), Stage.FIRST_DAY, _moved_by_rules(measured)
    else:
        probability, moved = model.moved(measured)
        score, stage = LOWEST + (HIGHEST - LOWEST) * probability, Stage.LEARNED
    if (least := floor(measured.seen)) > score:
        moved.append(Moved(STAKES_FIRST, least - score))
        score = least
    telling = (move for move in moved if abs(move.points) >= LEAST_MOVE)
    return Estimate(
        score, stage, tuple(sorted(telling, key=lambda move: -abs(move.points))), measured.language
    )


def prior(measured: Measured) -> float:
    """The first day's score, 1 to 10: the rules and the task type. Promises no saving."""
    return min(HIGHEST, max(LOWEST, weigh(measured.seen).value + measured.task))


def floor(seen: Signals) -> float:
    """The least score: the rules' own where the stakes are grave, because labels of such messages
    are too few to be trusted, and a wrong answer to one costs more than all that cheap ones save.
    """
    return weigh(seen).value if stake_points(seen.stakes) >= GRAVE else LOWEST


def logistic(log_odds: float) -> float:
    """A probability from log-odds; never overflows."""
    return 0.5 + 0.5 * math.tanh(log_odds / 2)


def need(fails: float, both_fail: float) -> float:
    """How much a question deserves the strong model, from what either head predicts.

    Squared, because a question that the strong model fails too is worth nothing: the plain
    difference lost 0.02 of MMLU's APGR on subjects left out.
    """
    return min(1.0, max(0.0, fails)) * (1.0 - min(1.0, max(0.0, both_fail))) ** 2


def _moved_by_rules(measured: Measured) -> list[Moved]:
    score = prior(measured)
    without = {name: replace(measured, seen=drop(measured.seen)) for name, drop in _SILENT.items()}
    for stake in measured.seen.stakes:
        others = tuple(name for name in measured.seen.stakes if name != stake)
        without[stake] = replace(measured, seen=replace(measured.seen, stakes=others))
    without["task type"] = replace(measured, task=0.0)
    return [Moved(name, score - prior(each)) for name, each in without.items()]


def _written(value: Any) -> Any:
    if isinstance(value, array):
        return base64.b64encode(zlib.compress(value.tobytes(), 9)).decode()
    return {k: _written(v) for k, v in value.items()} if isinstance(value, dict) else value


def _head(given: Mapping[str, Any]) -> Head:
    return Head(float(given["bias"]), dict(given["weights"]), _floats(given["ngrams"]))


def _floats(packed: str) -> "array[float]":
    values = array("f")
    values.frombytes(zlib.decompress(base64.b64decode(packed, validate=True)))
    if len(values) != BUCKETS:
        raise BadModel(f"{len(values)} buckets instead of {BUCKETS}")
    return values
