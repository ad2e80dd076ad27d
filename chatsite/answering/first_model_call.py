"""From a claimed reply to its first call: the tier is chosen and the money reserved."""

import logging

from billing.errors import NoPrice, NoRoom
from chatsite.answering import budget_allowance
from chatsite.answering.budget_allowance import Means
from chatsite.answering.calls.reply_call import Claimed
from chatsite.answering.checking import tier_escalation
from chatsite.answering.step_outcomes import Outcome, ended
from chatsite.chat.actions import end_reply
from chatsite.chat.models import Message
from routing.tier_choice import NoScore, Score
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
        return tier_escalation.resume(claimed, health)
    means = means or budget_allowance.means(claimed)
    if given := budget_allowance.without_a_call(claimed, means):
        return given
    try:
        return budget_allowance.call(claimed, score, health, means)
    except NoRoom as error:
        return budget_allowance.without_room(claimed, error)
    except NoPrice as error:
        logger.error("%s not asked: %s", reply.charge_reference, error)
        return ended(end_reply.end(reply, State.FAILED, failure=Failure.MISCONFIGURED))
