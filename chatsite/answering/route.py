"""From a claimed reply to its first call: the tier is chosen and the money reserved."""

import logging

from billing.budgets.ladder import Step
from billing.errors import NoPrice, NoRoom
from chatsite.answering import budget_allowance, queue
from chatsite.answering.budget_allowance import Means
from chatsite.answering.canned import approved, canned_answer
from chatsite.answering.checking import escalate
from chatsite.answering.model_call import Claimed
from chatsite.answering.outcomes import NotOurs, Outcome, TryAgain, ended
from chatsite.chat.actions import end_reply
from chatsite.chat.models import Message
from routing.choice import NoScore, Score
from routing.tiers import ModelHealth

logger = logging.getLogger(__name__)

State = Message.State
Failure = Message.Failure


def first_call(
    claimed: Claimed,
    score: Score | NoScore | None,
    health: ModelHealth,
    means: Means | None = None,
) -> Outcome:
    """Choose the model, reserve the worst case, and say what to ask.

    `score` is None where no model was to be asked for it. Ended where no call is needed or
    possible, TryAgain while calls in flight hold the money that it needs. `means`: the budget
    allowance, if it was looked up just now.
    """
    reply = claimed.reply
    if reply.stage:
        return escalate.resume(claimed, health)
    means = means or budget_allowance.means(claimed)
    if means.step == Step.LATER:
        return budget_allowance.refuse(claimed)
    if means.step == Step.APPROVED and (ready := approved.for_turn(claimed)):
        return canned_answer.give(claimed, ready)
    try:
        return budget_allowance.call(claimed, score, health, means)
    except NoRoom as error:
        wait = budget_allowance.wait(claimed, error)
        if wait is not None:
            return TryAgain(wait) if queue.put_off(reply, wait) else NotOurs()
        logger.warning("%s not asked: %s", reply.charge_reference, error)
        return budget_allowance.refuse(claimed)
    except NoPrice as error:
        logger.error("%s not asked: %s", reply.charge_reference, error)
        return ended(end_reply.end(reply, State.FAILED, failure=Failure.MISCONFIGURED))
