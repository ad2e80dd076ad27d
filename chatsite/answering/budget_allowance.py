"""What the budgets allow a reply: the threshold they raise, the tier, the room for a call."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings

from billing import clock, ladder, windows
from billing.errors import NoRoom
from billing.ladder import FULL, Ladder, Step
from billing.models import Budget
from billing.windows import Use
from chatsite.answering import model_call
from chatsite.answering.canned import approved, canned_answer
from chatsite.answering.model_call import LEAST_OUTPUT, Claimed, Work
from chatsite.answering.outcomes import Ended, NotOurs, ended
from chatsite.chat.actions import end_reply
from chatsite.chat.models import Message
from routing import decisions, policies
from routing.choice import NoScore, Score, Shift, Tier
from routing.models import HIGHEST_THRESHOLD
from routing.tiers import ModelHealth

State = Message.State
Failure = Message.Failure

# Seconds between two looks for room while calls in flight hold it: in all not longer than a
# customer waits for a first word, and fewer looks the longer it takes.
WAITS = (0.3, 0.5, 0.8, 1.2)
# A budget of these can do no more than spare that tier or model.
PARTIAL = {Budget.Scope.TIER, Budget.Scope.MODEL}
# Percent between two lines of a rise in words.
STRIDE = 5

WORDS = {
    Step.CHEAP_ONLY: "The cheap tier answers everything.",
    Step.APPROVED: "A question that has an approved answer is given it, without a call.",
    Step.LATER: "No model is asked: approved answers, a person, or “later”.",
}


@dataclass(frozen=True, slots=True)
class Means:
    """What all budgets together allow a reply."""

    step: Step = Step.FREE
    shift: Shift | None = None


def means(claimed: Claimed) -> Means:
    """By the strictest of the budgets that the strong tier's call would fall under. One query."""
    reply, policy = claimed.reply, claimed.policy
    keys = windows.Keys(
        conversation=reply.conversation.reference,
        visitor=reply.conversation.visitor,
        address=reply.conversation.address,
        tier=Tier.STRONG,
        model=policy.strong_model,
    )
    strictest = max(windows.uses(keys, clock.now()), key=_severity, default=None)
    if strictest is None or (taken := _severity(strictest)) == (Step.FREE, 0.0):
        return Means()
    step, points = taken
    cheap_only = step >= Step.CHEAP_ONLY
    threshold = HIGHEST_THRESHOLD if cheap_only else policy.threshold + points
    return Means(step, Shift(min(HIGHEST_THRESHOLD, threshold), _why(strictest)))


def call(
    claimed: Claimed, score: Score | NoScore | None, health: ModelHealth, shift: Shift | None
) -> Work:
    """Decide which tier answers and hold the money for it; the cheap tier's, short of room.

    Raises NoRoom, NoPrice.
    """
    reply, turn, policy = claimed.reply, claimed.turn, claimed.policy
    choice = decisions.decide(reply.reference, turn, policy, score, shift, claimed.part)
    rises = shift is None or shift.threshold < HIGHEST_THRESHOLD
    try:
        return model_call.reserve(claimed, choice.tier, health, rises=rises)
    except NoRoom as error:
        if choice.tier == Tier.CHEAP:
            raise
        shift = Shift(HIGHEST_THRESHOLD, f"the budget “{error.budget}” has no room for more")
        decisions.decide(reply.reference, turn, policy, score, shift, claimed.part)
        return model_call.reserve(claimed, Tier.CHEAP, health, rises=False)


def wait(claimed: Claimed, error: NoRoom) -> timedelta | None:
    """How long until the next look, while what stands in the way are calls in flight."""
    waits = claimed.reply.waits
    least = min(LEAST_OUTPUT, claimed.policy.cheap_output_limit)
    if waits >= len(WAITS) or error.fits_unheld < least:
        return None
    seconds = WAITS[waits]
    return timedelta(seconds=seconds) if seconds + 2 < claimed.seconds else None


def refuse(claimed: Claimed) -> Ended | NotOurs:
    """End a reply that no budget has room for.

    With an approved answer if there is one; else, where people answer, one of them will.
    """
    if answer := approved.for_turn(claimed):
        return canned_answer.give(claimed, answer)
    reply = claimed.reply
    if not settings.PEOPLE_ANSWER:
        return ended(end_reply.end(reply, State.FAILED, failure=Failure.NO_ROOM))
    change = end_reply.end(reply, State.FAILED, failure=Failure.PERSON)
    if change is None:
        return NotOurs()
    conversation = change.conversation
    conversation.wants_person_since = conversation.wants_person_since or clock.now()
    conversation.save(update_fields=["wants_person_since"])
    return Ended(replace(change, handed=True))


def in_words(ladders: Ladder) -> list[tuple[int, str]]:
    """What happens at which percent, for the operator who sets it."""
    threshold = policies.current().threshold
    begins = ladders.begins
    found = [(0, f"The threshold is {threshold:g}, as the policy has it.")]
    if (begin := begins.pop(Step.ECONOMISE, None)) is not None:
        found.append((begin, "From here on the threshold rises."))
        end = min(begins.values(), default=FULL + 1)
        for percent in range(begin + STRIDE, end, STRIDE):
            raised = min(HIGHEST_THRESHOLD, threshold + ladder.rise(ladders, percent))
            found.append((percent, f"The threshold is {raised:g}."))
    return found + [(percent, WORDS[step]) for step, percent in begins.items()]


def _severity(use: Use) -> tuple[Step, float]:
    """The step that a budget has come to, and by how many points the threshold rises for it."""
    step, rise = _climbed(use)
    if use.paced_points:
        step = max(step, Step.ECONOMISE)
    # Both save the same messages: their sum would save them twice.
    return step, max(use.paced_points, rise)


def _climbed(use: Use) -> tuple[Step, float]:
    """Of the ladder alone. One that is found to last spares nothing beforehand."""
    step = ladder.step(use.ladder, use.percent)
    if use.scope in PARTIAL:
        step = min(step, Step.CHEAP_ONLY)
    if use.lasts and step <= Step.CHEAP_ONLY:
        return Step.FREE, 0.0
    return step, ladder.rise(use.ladder, use.percent)


def _why(use: Use) -> str:
    step, rise = _climbed(use)
    if step <= Step.ECONOMISE and use.paced_points > rise:
        return f"the budget “{use.budget}” paces itself"
    return f"the budget “{use.budget}” is at {use.percent:.0f} %"
