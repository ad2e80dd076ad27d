"""A reply goes on with the other tier, within time and budget.

With the strong one, where the cheap answer is doubted; with the cheap one, where the strong fails.
It goes on at once, as the next attempt of the same worker, fenced like any other: there is no
moment in which a dead worker could leave money held for a call that nobody makes.
"""

import logging
from copy import copy
from dataclasses import replace

from django.db import transaction

from billing.call_outcomes import CallOutcome
from billing.errors import NoPrice, NoRoom
from chatsite.answering import budget_allowance, sql
from chatsite.answering.calls import paid_call, reply_call
from chatsite.answering.calls.reply_call import (
    MOST_TRIES,
    REPLY_LEASE,
    Claimed,
    Work,
)
from chatsite.answering.checking import answer_check
from chatsite.answering.step_outcomes import Ended, NotOurs, ended
from chatsite.chat.actions import end_reply
from chatsite.chat.models import Message
from chatsite.llm import Finished
from routing.checks import check_records
from routing.checks.verifier import CheckResult
from routing.errors import NotAsked
from routing.models import AnswerCheck as Stored
from routing.tier_choice import Tier
from routing.tiers import ModelHealth

logger = logging.getLogger(__name__)

Stage = Message.Stage
Outcome = Stored.Outcome

# The tier that goes on with a reply, whatever the score says.
TIERS = {Stage.ESCALATED: Tier.STRONG, Stage.STOOD_IN: Tier.CHEAP}
# Seconds without which it is not begun: a strong answer of 500 tokens, and a cheap one.
NEEDED = {Stage.ESCALATED: 20.0, Stage.STOOD_IN: 5.0}


def escalate(
    work: Work, finished: Finished, found: CheckResult, failure: str, health: ModelHealth
) -> Work | Stored.Outcome:
    """Settle a doubted answer and go on with the strong tier; else why the answer stands.

    `failure`: what it lacks of a full answer.
    """
    if not answer_check.is_doubted(work, found):
        return Outcome.TRUSTED
    logger.info("%s is doubted %.2f", work.reply.charge_reference, found.doubt)
    if not answer_check.may_be_written_again(work, found):
        return Outcome.SHOWN
    reply = copy(work.reply)
    # Tried anew: the cheap tier's attempts are not held against the strong one.
    reply.failure, reply.tries = failure, 0
    reply.draft = "" if found.forbidden else finished.text
    reply.instead = answer_check.instead(work, found)
    again = _go_on(work.claimed, reply, Stage.ESCALATED, health)
    if isinstance(again, Work):
        paid_call.settle(work.reply.charge_reference, finished, CallOutcome.ESCALATED)
        remember(work, found, Outcome.ESCALATED)
    return again


def remember(
    work: Work, found: CheckResult, outcome: Stored.Outcome, *, is_second: bool = False
) -> None:
    """Store what was held of the answer that this attempt gave.

    `is_second`: the strong tier wrote again what was doubted.
    """
    reply, threshold = work.reply, work.claimed.policy.doubt_threshold
    if is_second:
        told = Outcome.REPLACED if outcome == Outcome.TRUSTED else outcome
        check_records.checked_again(reply.reference, found, told)
        return
    call = reply.charge_reference
    check_records.store(reply.reference, call, found, threshold, outcome, str(reply.tier))


def is_best(reply: Message, outcome: Stored.Outcome | None) -> bool:
    """Whether the answer is all that could be had, and not one that stands for want of another."""
    return reply.stage in {"", Stage.ESCALATED} and outcome in {None, Outcome.TRUSTED}


def stand_in(work: Work, health: ModelHealth) -> Work | None:
    """One attempt of the cheap tier, where the strong one failed for good; None without room."""
    if not work.can_be_stood_in_for:
        return None
    reply = copy(work.reply)
    # Its only one: a customer who waited for the strong tier's four should not wait for four more.
    reply.tries = MOST_TRIES - 1
    again = _go_on(work.claimed, reply, Stage.STOOD_IN, health)
    return again if isinstance(again, Work) else None


def resume(claimed: Claimed, health: ModelHealth) -> Work | Ended | NotOurs:
    """The call of a reply whose worker died while the other tier wrote; else the reply ends."""
    reply = claimed.reply
    try:
        return reply_call.reserve_own(claimed, TIERS[Stage(reply.stage)], health)
    except NoRoom:
        return ended(end_reply.end(reply, Message.State.FAILED, failure=Message.Failure.NO_ROOM))
    except (NoPrice, NotAsked):
        failed = end_reply.end(reply, Message.State.FAILED, failure=Message.Failure.UNAVAILABLE)
        return ended(failed)


def _go_on(
    claimed: Claimed, reply: Message, stage: Stage, health: ModelHealth
) -> Work | Stored.Outcome:
    """Begin the next attempt and hold its worst case, or leave everything as it was."""
    seconds = reply_call.seconds_left(reply)
    if seconds < NEEDED[stage]:
        return Outcome.NO_TIME
    if stage == Stage.ESCALATED and (
        claimed.spared or budget_allowance.means(claimed).is_cheap_only
    ):
        return Outcome.NO_ROOM
    reply.stage = stage
    reply.attempt += 1
    reply.tries += 1
    try:
        with transaction.atomic():
            if not sql.go_on(reply, REPLY_LEASE.seconds):
                return Outcome.STOPPED
            claimed = replace(claimed, reply=reply, seconds=seconds, died=())
            # Where the strong tier has failed, nothing else is left: the pause may be over.
            return reply_call.reserve_own(
                claimed, TIERS[stage], health, is_last_resort=stage == Stage.STOOD_IN
            )
    except NoRoom as error:
        logger.warning("%s not asked: %s", reply.charge_reference, error)
        return Outcome.NO_ROOM
    except (NoPrice, NotAsked) as error:
        logger.error("%s not asked: %s", reply.charge_reference, error)
        return Outcome.FAILED
