"""From a score to a tier."""

from dataclasses import dataclass
from enum import StrEnum

# Reasons on a receipt; the rest is noise to who reads it.
MOST_REASONS = 4


class Tier(StrEnum):
    """Slots that a policy fills with models, not names of models."""

    CHEAP = "cheap"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known when a reply is about to be written."""

    text: str  # the customer's unanswered words, joined
    earlier: tuple[str, ...] = ()  # the customer's earlier messages, oldest first
    evidence: float = 0.0  # 0..1, how well the knowledge base covers it
    bad_ratings: int = 0  # answers of this conversation rated down or asked for again


@dataclass(frozen=True, slots=True)
class Moved:
    """A feature, and the points of ten by which it raised (or lowered) the score."""

    name: str
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """How likely it is that the cheap answer would not do: 1 (it will) to 10 (it will not)."""

    value: float
    analyzer: str
    reasons: tuple[str, ...]  # short phrases, strongest first
    moved: tuple[Moved, ...] = ()  # largest first; none where a model only named a number


@dataclass(frozen=True, slots=True)
class NoScore:
    """A model was wanted and gave no score; why, as the beginning of a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Shift:
    """What else than the policy sets the threshold."""

    threshold: float  # in place of the policy's
    why: str  # the second half of a sentence


@dataclass(frozen=True, slots=True)
class Choice:
    tier: Tier
    score: float
    threshold: float
    analyzer: str
    reason: str  # a sentence for the receipt


def choose(score: Score, threshold: float, shift: Shift | None = None) -> Choice:
    """Strong from the threshold on: at 1 every reply, above 10 none."""
    note = ""
    if shift and shift.threshold != threshold:
        how = "raised" if shift.threshold > threshold else "lowered"
        note = f" Threshold {threshold:g} {how} to {shift.threshold:g}: {shift.why}."
        threshold = shift.threshold
    strong = score.value >= threshold
    verdict = f"Score {score.value:g} {'reaches' if strong else 'is below'} {threshold:g}"
    return Choice(
        tier=Tier.STRONG if strong else Tier.CHEAP,
        score=score.value,
        threshold=threshold,
        analyzer=score.analyzer,
        reason=f"{verdict}: {'; '.join(score.reasons[:MOST_REASONS])}.{note}",
    )


def flip(tier: str, score: float, threshold: float) -> str:
    """At which threshold the choice would have been the other one, as a sentence.

    Blank where the tier did not follow from the score.
    """
    if (score >= threshold) != (tier == Tier.STRONG):
        return ""
    if tier == Tier.STRONG:
        return f"With a threshold above {score:g} the cheap tier would have answered."
    return f"With a threshold of {score:g} or less the strong tier would have answered."
