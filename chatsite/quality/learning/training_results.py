"""What the night's training found, and when it is better than what is in force.

Fits nothing itself: a web process that imported the training would load scikit-learn, 80 MB.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from routing.models import LearnedModel

if TYPE_CHECKING:
    from routing.learning.evaluation import Between

# Replies that somebody has said something of, from which a model is fitted.
LEAST_LABELS = 200
# A cheap answer that is worth less was not good enough.
BAD = 0.5
# Differences that are worth an operator's time.
LEAST_APGR, LEAST_CALIBRATION = 0.01, 0.01
# Share of resamples in which it has to rank better. Of models that are no better, and some worse,
# half would win by chance on a week of 60 replies.
SURE = 0.9
SAME_APGR = 1e-6


@dataclass(frozen=True, slots=True)
class Measured:
    """How well scores rank the held-back replies, and how far their probabilities are off.

    Right ones would be off by more than `by_chance` once in twenty. `sureness`: in which share of
    resamples they rank better than what is in force; as well counts for half.
    """

    apgr: "Between"
    miscalibration: float
    by_chance: float
    sureness: float = 0.5

    def is_better_than(self, in_force: "Measured") -> bool:
        """Whether it ranks better beyond chance. Or the same, where the probabilities in force are
        off beyond chance and its own less so: of another ranking that seems as good, many are
        worse.
        """
        gained = self.apgr.value - in_force.apgr.value
        if abs(gained) > SAME_APGR:
            return gained >= LEAST_APGR and self.sureness >= SURE
        calibrated = in_force.miscalibration - self.miscalibration
        return in_force.miscalibration > in_force.by_chance and calibrated >= LEAST_CALIBRATION


@dataclass(frozen=True, slots=True)
class Promised:
    """Of the held-back cheap answers that it would let stand, how many were not good enough."""

    bad: int
    answers: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What is proposed: `text` of the model, how it and what is in force did, and the threshold
    under which as many recent messages go strong as now.
    """

    kind: LearnedModel.Kind
    how: str  # a phrase
    text: str
    labels: int
    held_back: int
    since: datetime  # the held-back replies were asked
    proposed: Measured
    in_force: Measured
    threshold: float
    share: float  # 0 to 1, of the recent messages
    recent: int
    compared: int = 0  # of the held-back replies, with both answers judged; 0 where too few are
    promised: Promised | None = None

    @property
    def is_better(self) -> bool:
        return self.proposed.is_better_than(self.in_force)
