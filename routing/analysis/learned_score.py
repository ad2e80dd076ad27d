"""How likely is it that the cheap answer would not do? By the first day, then by labels. Pure.

On the first day the shipped model is all there is (`first_day`). From labels,
`model_training.model` makes a `Model`: two ridge regressions over named features, hashed words and,
where there is one, the embedding; the first day's log-odds and the rules' score are among the
features. A message with a danger that is certain never scores below `hazards.CERTAIN`.
"""

import base64
import json
import math
import zlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from operator import mul
from pathlib import Path
from typing import Any

from routing.analysis import first_day
from routing.analysis.difficulty import (
    HIGHEST,
    LONG,
    LOWEST,
    MOST_BAD_RATINGS,
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
from routing.analysis.first_day import AT_MIDDLE, USUAL
from routing.analysis.hazards import CERTAIN
from routing.analysis.site import Site, shipped
from routing.choice import Moved, Score, Turn
from routing.errors import RoutingError

ARTIFACTS = Path(__file__).parent.parent / "artifacts"

# How a receipt calls the floor under dangerous messages.
DANGER_FIRST = "danger comes first"
# Changes of the score that a receipt leaves out.
LEAST_MOVE = 0.05

FORMAT = 2  # raised when features change their meaning: older texts are then refused

# Log-odds of the first day that no labelled message can teach: added where the articles hold
# nothing of it and taken off where they hold all, for asking again, for each answer rated down.
EVIDENCE, AGAIN, BAD_RATING, MANY_BEFORE = 0.9, 1.0, 0.9, 0.3
# Questions or parts from which good articles do not make a message plain.
SEVERAL = 3


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


def score(
    turn: Turn, model: Model | None = None, site: Site | None = None
) -> tuple[Score, Signals]:
    """What decides: `estimate`, without measuring what only a model reads where there is none."""
    if model is None:
        seen = signals(turn, site)
        return weigh_first_day(seen, site), seen
    measured = measure(turn, site=site)
    return weighed(measured, model, site).as_score(), measured.seen


def estimate(
    turn: Turn, model: Model | None = None, *, task: float = 0.0, site: Site | None = None
) -> Estimate:
    """Score a turn, by the first day or with a fitted model. Any text is accepted.

    `task`: points of ten that the operator gives the recognised task type. A usual message takes
    under 0.5 ms.
    """
    return weighed(measure(turn, task, site), model, site)


def weigh_first_day(seen: Signals, site: Site | None = None) -> Score:
    """The first day's score of what was seen, with its reasons in words."""
    value, moved = _first_day(seen, site or shipped())
    return Estimate(value, Stage.FIRST_DAY, _telling(moved), "").as_score()


def weighed(measured: Measured, model: Model | None = None, site: Site | None = None) -> Estimate:
    """The estimate of what was measured before."""
    if model is None:
        stage = Stage.FIRST_DAY
        score, moved = _first_day(measured.seen, site or shipped())
        if measured.task:
            full = min(HIGHEST, max(floor(measured.seen), score + measured.task))
            moved.append(Moved("task type", full - score))
            score = full
    else:
        probability, moved = model.moved(measured)
        score, stage = LOWEST + (HIGHEST - LOWEST) * probability, Stage.LEARNED
        if (least := floor(measured.seen)) > score:
            moved.append(Moved(DANGER_FIRST, least - score))
            score = least
    return Estimate(score, stage, _telling(moved), measured.language)


def log_odds(seen: Signals) -> dict[str, float]:
    """What adds up to the first day's log-odds, with what no text tells."""
    evidence = EVIDENCE * (1 - 2 * seen.evidence)
    if seen.stakes or max(seen.questions, seen.parts) >= SEVERAL:
        # A good article makes neither a danger plain nor several answers one.
        evidence = max(evidence, 0.0)
    return {
        **seen.terms,
        "covered by the articles" if evidence < 0 else "hardly covered by the articles": evidence,
        "asked before": AGAIN if seen.again else 0.0,
        "bad ratings": BAD_RATING * min(seen.bad_ratings, MOST_BAD_RATINGS),
        "many messages before": MANY_BEFORE if seen.earlier >= LONG else 0.0,
    }


def _first_day(seen: Signals, site: Site) -> tuple[float, list[Moved]]:
    """The score, and by how much each feature moved it."""
    if not seen.words:
        return LOWEST, [Moved("no words to answer", LOWEST - AT_MIDDLE)]
    terms = log_odds(seen)
    head = site.meaning if site.meaning and "meaning" in terms else site.words
    total = sum(terms.values())
    value = first_day.score(total, head.quantiles)
    shown = {
        "danger": f"about {' and '.join(seen.stakes[:2])}",
        "words of danger": f"words about {' and '.join([*seen.stakes, *seen.hints][:2])}",
        "danger said before": f"goes on about {' and '.join(seen.carried[:2]) or 'a danger'}",
    }
    moved = [
        Moved(shown.get(name, name), value - first_day.score(total - added, head.quantiles))
        for name, added in terms.items()
        if added and name != USUAL
    ]
    if (least := floor(seen)) > value:
        moved.append(Moved(DANGER_FIRST, least - value))
        value = least
    return value, moved


def _telling(moved: Iterable[Moved]) -> tuple[Moved, ...]:
    """The largest first, without what changes nothing that is shown."""
    telling = (move for move in moved if abs(move.points) >= LEAST_MOVE)
    return tuple(sorted(telling, key=lambda move: -abs(move.points)))


def prior(measured: Measured) -> float:
    """The score by the rules and the task type, 1 to 10: a feature of what is learned."""
    return min(HIGHEST, max(LOWEST, weigh(measured.seen).value + measured.task))


def floor(seen: Signals) -> float:
    """The least score: where a danger is certain, a wrong answer costs more than all that cheap
    ones save, and labels of such messages are too few to be trusted.
    """
    return CERTAIN if seen.stakes else LOWEST


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
