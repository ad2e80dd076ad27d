"""From a score to a tier."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

# Reasons on a receipt; the rest is noise to who reads it.
MOST_REASONS = 4
LOWEST, HIGHEST = 1.0, 10.0


class Tier(StrEnum):
    """Slots that a policy fills with models, not names of models."""

    CHEAP = "cheap"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Task:
    """The task type that a turn was recognised as, and what operators want for it."""

    name: str
    similarity: float  # 0..1
    is_certain: bool  # enough for an answer that no model has read
    why: str  # what it was recognised by, as a phrase
    tier: Tier | None = None  # whatever the score, unless the stakes are grave
    points: float = 0.0  # of ten, added to the score
    approved: str = ""  # the operators' own answer; blank where they gave none
    answers_itself: bool = False  # with it, at once
    is_cacheable: bool = False  # a complete answer may be given again


@dataclass(frozen=True, slots=True)
class Like:
    """A hazard's example that a message means nearly the same as.

    It counts from a score of `least` on, without it: who asks for the price of a ladder does not
    say that one broke.
    """

    hazard: str
    example: str
    least: float


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known when a reply is about to be written."""

    text: str  # the customer's unanswered words, joined
    earlier: tuple[str, ...] = ()  # the customer's earlier messages, oldest first
    evidence: float = 0.0  # 0..1, the probability that the articles found hold the answer
    searched: str = field(default="", compare=False)  # by what they were found, for the receipt
    bad_ratings: int = 0  # answers of this conversation rated down or asked for again
    task: Task | None = None
    answer: str = ""  # what the customer was told last, and now reacts to
    vector: tuple[float, ...] = ()  # embedding of the last turn and the text; () for none
    open: tuple[str, ...] = ()  # the unanswered messages, where they are several
    like: tuple[Like, ...] = ()  # examples of hazards that the text is near to in meaning
    like_before: tuple[str, ...] = ()  # hazards that it is near to with the turn before


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
    is_final: bool = False  # there is no money: also where the stakes would be strong


@dataclass(frozen=True, slots=True)
class Choice:
    tier: Tier
    score: float
    threshold: float
    analyzer: str
    reason: str  # a sentence for the receipt


def for_task(score: Score, task: Task | None, least: float) -> Score:
    """The score with the task type's points, which take nothing off the `least` by the stakes."""
    if task is None or not task.points:
        return score
    value = round(min(HIGHEST, max(least, score.value + task.points)), 1)
    moved = Moved(f"task type {task.name}", value - score.value)
    return replace(
        score,
        value=value,
        reasons=(f"{moved.name} {moved.points:+.1f}", *score.reasons),
        moved=tuple(sorted((*score.moved, moved), key=lambda each: -abs(each.points))),
    )


def is_grave(least: float, threshold: float) -> bool:
    """Whether the stakes alone reach the policy's threshold: then no saving makes it cheap."""
    return least > LOWEST and least >= threshold


def in_force(threshold: float, shift: Shift | None, least: float) -> float:
    """The threshold that counts: what is grave is spared every shift upwards that is not final."""
    if shift is None:
        return threshold
    is_raised = shift.threshold > threshold and not shift.is_final
    return threshold if is_raised and is_grave(least, threshold) else shift.threshold


def choose(
    score: Score,
    threshold: float,
    shift: Shift | None = None,
    task: Task | None = None,
    least: float = LOWEST,
) -> Choice:
    """Strong from the threshold on: at 1 every reply, above 10 none. A task type may pin its tier.

    `least` is the score by the stakes alone: where that is strong, no task type makes it cheap, and
    no saving.
    """
    note = ""
    shifted = in_force(threshold, shift, least)
    if shift and shifted != shift.threshold:
        note = f" The stakes weigh more than what would be saved: {shift.why}."
    elif shift and shifted != threshold:
        how = "raised" if shifted > threshold else "lowered"
        note = f" Threshold {threshold:g} {how} to {shifted:g}: {shift.why}."
    threshold = shifted
    tier = Tier.STRONG if score.value >= threshold else Tier.CHEAP
    reaches = "reaches" if tier is Tier.STRONG else "is below"
    reason = f"Score {score.value:g} {reaches} {threshold:g}"
    if task and task.tier and task.tier is not tier:
        if task.tier is Tier.CHEAP and least >= threshold:
            reason += f", and the stakes weigh more than task type {task.name}"
        elif threshold <= HIGHEST:
            tier = task.tier
            reason += f", but task type {task.name} goes to the {tier} tier"
    return Choice(
        tier=tier,
        score=score.value,
        threshold=threshold,
        analyzer=score.analyzer,
        reason=f"{reason}: {'; '.join(score.reasons[:MOST_REASONS])}.{note}",
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
