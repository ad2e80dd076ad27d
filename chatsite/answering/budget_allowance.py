"""What the budgets allow a reply: the threshold they raise, the tier, the room for a call.

And what a customer gets once a budget is used up.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings

from billing import clock, number_format
from billing.budgets import balances, cost_saving_steps
from billing.budgets.balances import Use
from billing.budgets.cost_saving_steps import FULL, Ladder, Step
from billing.errors import NoPrice, NoRoom
from billing.models import Budget
from chatsite.answering import queue
from chatsite.answering.calls import reply_call
from chatsite.answering.calls.reply_call import LEAST_OUTPUT, Claimed, Work
from chatsite.answering.canned import approved_answers, canned_answer
from chatsite.answering.step_outcomes import Ended, NotOurs, TryAgain, ended
from chatsite.chat import staff_handling
from chatsite.chat.actions import end_reply
from chatsite.chat.models import Message
from routing import decisions, policies
from routing.models import HIGHEST_THRESHOLD
from routing.tier_choice import NoScore, Score, Shift, Tier
from routing.tiers import ModelHealth

logger = logging.getLogger(__name__)

State = Message.State
Failure = Message.Failure

# Seconds between two looks for room while calls in flight hold it: fewer looks the longer it takes.
WAITS = (0.3, 0.5, 0.8, 1.2, 2.0)
# Seconds without which no call is worth waiting for: a cheap answer, usual or slow.
NEEDED = 10.0
# Percent of a network's budget below which it is quiet, and from which it is hot.
QUIET, HOT = 2, 30
# Percent between two lines of a rise in words.
STRIDE = 5

WORDS = {
    Step.CHEAP_ONLY: "The cheap model answers everything except messages about a certain danger.",
    Step.APPROVED: "Questions with an approved answer get that answer, without a model.",
    Step.LATER: "AI answers stop. Customers get an approved answer, a person, or a request to "
    "come back later.",
}


@dataclass(frozen=True, slots=True)
class Means:
    """What all budgets together allow a reply."""

    step: Step = Step.FREE
    shift: Shift | None = None
    is_brief: bool = False  # the visitor's or network's own budget runs low: shorter answers
    from_reserve: float = 1.0  # the share of budgets' reserves that a cheap answer may use

    @property
    def is_cheap_only(self) -> bool:
        """The strong tier is for certain dangers alone, and no more is spent to find them."""
        return self.step >= Step.CHEAP_ONLY


def means(claimed: Claimed) -> Means:
    """By the strictest of the budgets that the strong tier's call would fall under. One query."""
    reply, policy = claimed.reply, claimed.policy
    keys = balances.Keys(
        conversation=reply.conversation.reference,
        visitor=reply.conversation.visitor,
        address=reply.conversation.address,
        tier=Tier.STRONG,
        model=policy.strong_model,
    )
    uses = balances.uses(keys, clock.now())
    from_reserve = _from_reserve(claimed, uses)
    strictest = max(uses, key=_severity, default=None)
    if strictest is None or (taken := _severity(strictest)) == (Step.FREE, 0.0):
        return Means(from_reserve=from_reserve)
    step, points = taken
    threshold = HIGHEST_THRESHOLD if step >= Step.CHEAP_ONLY else policy.threshold + points
    return Means(
        step,
        Shift(min(HIGHEST_THRESHOLD, threshold), _why(strictest)),
        is_brief=any(
            use.scope in Budget.OF_ONE and _climbed(use)[0] >= Step.CHEAP_ONLY for use in uses
        ),
        from_reserve=from_reserve,
    )


def call(
    claimed: Claimed, score: Score | NoScore | None, health: ModelHealth, means: Means
) -> Work:
    """Decide which tier answers and hold the money for it; the cheap tier's, short of room.

    Raises NoRoom, NoPrice.
    """
    claimed = replace(claimed, is_brief=means.is_brief, from_reserve=means.from_reserve)
    reply, turn, policy, shift = claimed.reply, claimed.turn, claimed.policy, means.shift
    choice = decisions.decide(reply.reference, turn, policy, score, shift, claimed.part)
    if choice.tier == Tier.CHEAP and choice.score >= policy.threshold:
        claimed = replace(claimed, spared=shift is not None)
    rises = shift is None or shift.threshold < HIGHEST_THRESHOLD
    if choice.tier == Tier.CHEAP and rises and reply_call.only_strong_sees(claimed):
        with suppress(NoRoom, NoPrice):
            work = reply_call.reserve(claimed, Tier.STRONG, health)
            why = f"the customer sent an image, which {policy.cheap_model} cannot read"
            decisions.detour(reply.reference, why)
            return work
    try:
        return reply_call.reserve(claimed, choice.tier, health, rises=rises)
    except NoRoom as error:
        if choice.tier == Tier.CHEAP:
            raise
        shift = Shift(HIGHEST_THRESHOLD, f"the budget “{error.budget}” is used up", is_final=True)
        decisions.decide(reply.reference, turn, policy, score, shift, claimed.part)
        return reply_call.reserve(replace(claimed, spared=True), Tier.CHEAP, health, rises=False)


def without_a_call(claimed: Claimed, means: Means) -> Ended | NotOurs | None:
    """How the reply ends where the budgets are so far gone that no call is made; else None."""
    if means.step == Step.LATER:
        return refuse(claimed)
    if means.step == Step.APPROVED and (ready := approved_answers.for_turn(claimed)):
        return canned_answer.give(claimed, ready)
    return None


def without_room(claimed: Claimed, error: NoRoom) -> Ended | TryAgain | NotOurs:
    """Where a budget has no room for the reply's call: it waits for calls in flight, or ends."""
    wait = _wait(claimed, error)
    if wait is not None:
        return TryAgain(wait) if queue.put_off(claimed.reply, wait) else NotOurs()
    logger.warning("%s not asked: %s", claimed.reply.charge_reference, error)
    return refuse(claimed)


def _wait(claimed: Claimed, error: NoRoom) -> timedelta | None:
    """How long until the next look, while what stands in the way are calls in flight."""
    least = min(LEAST_OUTPUT, claimed.policy.cheap_output_limit)
    if error.fits_unheld < least:
        return None
    seconds = WAITS[min(claimed.reply.waits, len(WAITS) - 1)]
    return timedelta(seconds=seconds) if seconds + NEEDED < claimed.seconds else None


def refuse(claimed: Claimed) -> Ended | NotOurs:
    """End a reply that no budget has room for.

    With an approved answer if there is one; else, where people answer, one of them will.
    """
    if answer := approved_answers.for_turn(claimed):
        return canned_answer.give(claimed, answer)
    reply = claimed.reply
    if not settings.PEOPLE_ANSWER:
        return ended(end_reply.end(reply, State.FAILED, failure=Failure.NO_ROOM))
    change = end_reply.end(reply, State.FAILED, failure=Failure.PERSON)
    if change is None:
        return NotOurs()
    conversation = change.conversation
    if conversation.wants_person_since is None:
        conversation.wants_person_since = clock.now()
        conversation.save(update_fields=["wants_person_since"])
        staff_handling.asked(conversation)
    return Ended(replace(change, handed=True))


def in_words(ladders: Ladder) -> list[tuple[int, str]]:
    """What happens at which percent, for the operator who sets it."""
    threshold = policies.current().threshold
    begins = ladders.begins
    found = [(0, f"The policy's threshold of {threshold:g} applies.")]
    if (begin := begins.pop(Step.ECONOMISE, None)) is not None:
        found.append((begin, "The threshold starts to rise."))
        end = min(begins.values(), default=FULL + 1)
        for percent in range(begin + STRIDE, end, STRIDE):
            raised = min(HIGHEST_THRESHOLD, threshold + cost_saving_steps.rise(ladders, percent))
            found.append((percent, f"The threshold is {raised:g}."))
    return found + [(percent, WORDS[step]) for step, percent in begins.items()]


def _from_reserve(claimed: Claimed, uses: Sequence[Use]) -> float:
    """How much of a reserve is for this reply, by how much its network has spent.

    All of it for the first question from a network that has hardly asked any: whoever asks many,
    with new cookies or not, has none of it. Half for a conversation under way.
    """
    used = max((use.percent_held for use in uses if use.scope == Budget.Scope.ADDRESS), default=0.0)
    if used < QUIET:
        return 1.0
    return 0.5 if used < HOT and claimed.turn.earlier else 0.0


def _severity(use: Use) -> tuple[Step, float]:
    """The step that a budget has come to, and by how many points the threshold rises for it."""
    step, rise = _climbed(use)
    if use.paced_points:
        step = max(step, Step.ECONOMISE)
    # Both save the same messages: their sum would save them twice.
    return step, max(use.paced_points, rise)


def _climbed(use: Use) -> tuple[Step, float]:
    """Of the ladder alone. One that is found to last spares nothing beforehand."""
    step = cost_saving_steps.step(use.ladder, use.percent)
    if use.scope in Budget.OF_PART:
        step = min(step, Step.CHEAP_ONLY)
    if use.lasts and step <= Step.CHEAP_ONLY:
        return Step.FREE, 0.0
    return step, cost_saving_steps.rise(use.ladder, use.percent)


def _why(use: Use) -> str:
    step, rise = _climbed(use)
    if step <= Step.ECONOMISE and use.paced_points > rise:
        return f"pacing of the budget “{use.budget}”"
    return f"the budget “{use.budget}” is at {number_format.percent(use.percent)}"
