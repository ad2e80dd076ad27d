"""How likely is it that the cheap answer would not do? By the first day, then by labels. Pure.

On the first day the shipped model is all there is (`first_day_score`); labels make a
`trained_model`. A message with a danger that is certain never scores below `hazards.CERTAIN`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from routing.analysis import score_scale
from routing.analysis.difficulty import LONG, MOST_BAD_RATINGS, Signals, signals
from routing.analysis.features import Measured, measure
from routing.analysis.first_day_score import USUAL
from routing.analysis.hazards import CERTAIN
from routing.analysis.score_scale import AT_MIDDLE
from routing.analysis.site_profile import Site, shipped
from routing.analysis.trained_model import Model
from routing.tier_choice import HIGHEST, LOWEST, Moved, Score, Turn

# How a receipt calls the floor under dangerous messages.
DANGER_FIRST = "danger comes first"
# Changes of the score that a receipt leaves out.
LEAST_MOVE = 0.05

# Log-odds of the first day that no labelled message can teach: added where the articles hold
# nothing of it and taken off where they hold all, for asking again, for each answer rated down.
EVIDENCE, AGAIN, BAD_RATING, MANY_BEFORE = 0.9, 1.0, 0.9, 0.3
# Questions or parts from which good articles do not make a message plain.
SEVERAL = 3


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
            moved.append(Moved(_danger(measured.seen), least - score))
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
    value = score_scale.score(total, head.quantiles)
    shown = {
        "danger": f"about {' and '.join(seen.stakes[:2])}",
        "words of danger": f"words about {' and '.join([*seen.stakes, *seen.hints][:2])}",
        "danger said before": f"earlier words about {' and '.join(seen.carried[:2]) or 'a danger'}",
    }
    if seen.like:
        shown["meaning"] = f"meaning, like an example of {' and '.join(seen.like[:2])}"
    moved = [
        Moved(shown.get(name, name), value - score_scale.score(total - added, head.quantiles))
        for name, added in terms.items()
        if added and name != USUAL
    ]
    if (least := floor(seen)) > value:
        moved.append(Moved(_danger(seen), least - value))
        value = least
    return value, moved


def _telling(moved: Iterable[Moved]) -> tuple[Moved, ...]:
    """The largest first, without what changes nothing that is shown."""
    telling = (move for move in moved if abs(move.points) >= LEAST_MOVE)
    return tuple(sorted(telling, key=lambda move: -abs(move.points)))


def _danger(seen: Signals) -> str:
    """Why there is a floor: by words, or by what an operator's example means."""
    if seen.like and len(seen.like) == len(seen.stakes):
        return f"{DANGER_FIRST}, like an example of {' and '.join(seen.like[:2])}"
    return DANGER_FIRST


def floor(seen: Signals) -> float:
    """The least score: where a danger is certain, a wrong answer costs more than all that cheap
    ones save, and labels of such messages are too few to be trusted.
    """
    if seen.stakes:
        return CERTAIN
    return AT_MIDDLE if seen.asks_on else LOWEST
