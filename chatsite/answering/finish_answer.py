"""How an attempt ends: answer stored and call settled in one transaction, or tried again."""

import logging
from datetime import timedelta

from billing import tokens
from chatsite.answering import answer_sources, person_offer, queue
from chatsite.answering.calls import paid_call, reply_call
from chatsite.answering.calls.reply_call import MOST_TRIES, Work
from chatsite.answering.canned import saved_answers
from chatsite.answering.checking import answer_check, tier_escalation
from chatsite.answering.step_outcomes import NotOurs, Outcome, TryAgain, ended
from chatsite.chat.actions import end_reply
from chatsite.chat.models import Message
from chatsite.llm import Finished, FinishReason, Kind, UpstreamError
from chatsite.provider import known_models
from routing.checks.verifier import CheckResult
from routing.models import AnswerCheck
from routing.tiers import ModelHealth

logger = logging.getLogger(__name__)

State = Message.State
Failure = Message.Failure
CheckOutcome = AnswerCheck.Outcome
Sources = list[dict[str, str]]

# An answer's end as the provider names it, and as the customer sees it.
ENDINGS = {
    FinishReason.STOP: (State.COMPLETE, ""),
    FinishReason.LENGTH: (State.CUT, Failure.LENGTH),
    FinishReason.CONTENT_FILTER: (State.CUT, Failure.FILTERED),
    FinishReason.UNCLEAR: (State.CUT, Failure.BROKEN),
}
FAILURES = {
    Kind.REFUSED: Failure.REFUSED,
    Kind.TIMEOUT: Failure.LATE,
    Kind.UNAUTHORISED: Failure.MISCONFIGURED,
    Kind.QUOTA: Failure.MISCONFIGURED,
    Kind.UNKNOWN_MODEL: Failure.MISCONFIGURED,
    Kind.BAD_REQUEST: Failure.MISCONFIGURED,
}

# Attempts that may fail for a reason that nobody foresaw: the next would most likely do the same.
MOST_UNFORESEEN = 2


def sources(work: Work, finished: Finished) -> Sources:
    return answer_sources.of(finished.text, work.claimed.found.matches)


def complete(
    work: Work,
    finished: Finished,
    found: CheckResult | None,
    used: Sources,
    health: ModelHealth,
) -> Outcome:
    """Store the answer and settle the call, in one transaction.

    `found`: the answer check; a doubted cheap answer goes on as the Work that is returned. What
    stays doubted is replaced by what the articles say. `used`: the answer's sources, which take
    too long for a transaction. NotOurs where the attempt no longer owns the reply; the call is
    settled all the same.
    """
    state, failure = ENDINGS[finished.finish_reason]
    if not finished.text.strip() and not failure:
        # A seen end without a word is no answer.
        state, failure = State.FAILED, Failure.BROKEN
    reply, text = work.reply, finished.text
    is_second = reply.stage == Message.Stage.ESCALATED
    outcome: AnswerCheck.Outcome | None = None
    if found:
        held = tier_escalation.escalate(work, finished, found, failure, health)
        if isinstance(held, Work):
            return held
        outcome = held
        if held != CheckOutcome.TRUSTED and (quoted := answer_check.instead(work, found)):
            answer_check.replace(reply, found, text)
            state, failure, text, outcome = State.COMPLETE, "", quoted, CheckOutcome.QUOTED
    paid_call.settle(reply.charge_reference, finished)
    reply.sources = answer_check.quoted_sources(work) if outcome == CheckOutcome.QUOTED else used
    reply.offers_person = person_offer.is_due(work.claimed, text, outcome)
    newest_at = work.claimed.newest_at
    change = end_reply.end(reply, state, failure=failure, text=text, newest_at=newest_at)
    if change and found and outcome:
        tier_escalation.remember(work, found, outcome, is_second=is_second)
    if change and tier_escalation.is_best(reply, outcome):
        saved_answers.keep(work)
    return ended(change)


def fail(work: Work, error: UpstreamError, text: str, health: ModelHealth) -> Outcome:
    """Settle a call that failed: the reply is tried again, goes on with the cheap tier, or ends."""
    reply = work.reply
    paid_call.settle_failed(reply.charge_reference, error)
    wait = timedelta(seconds=error.retry_after or 0.4 * 2**reply.tries)
    again = error.retryable
    if error.kind == Kind.UNKNOWN_MODEL and work.successor:
        wait, again = timedelta(0), True
    elif error.kind == Kind.TOO_LONG:
        # Nothing is billed; the next prompt is made to fit.
        known_models.learn_context(work.model, _context(work, error))
        wait, again = timedelta(0), True
    reserved = reply_call.STAND_IN_SECONDS if work.can_be_stood_in_for else 0.0
    needed = wait + timedelta(seconds=2 + reserved)
    in_time = needed < timedelta(seconds=reply_call.seconds_left(reply))
    if again and reply.tries < MOST_TRIES and in_time:
        logger.info("%s to be tried again in %s: %s", reply.charge_reference, wait, error)
        return TryAgain(wait) if queue.hand_back(reply, wait) else NotOurs()
    logger.warning("%s failed: %s", reply.charge_reference, error)
    if other := tier_escalation.stand_in(work, health):
        return other
    if text:
        return ended(end_reply.end(reply, State.CUT, failure=Failure.BROKEN, text=text))
    failure = FAILURES.get(error.kind, Failure.UNAVAILABLE)
    return ended(end_reply.end(reply, State.FAILED, failure=failure))


def break_off(work: Work) -> Outcome:
    """End an attempt that failed for a reason that nobody foresaw: once more, then no further.

    What was held is charged: nobody knows how the call ended.
    """
    reply = work.reply
    paid_call.abandon(reply.charge_reference)
    if reply.tries < MOST_UNFORESEEN:
        wait = timedelta(seconds=1)
        return TryAgain(wait) if queue.hand_back(reply, wait) else NotOurs()
    return ended(end_reply.end(reply, State.FAILED, failure=Failure.UNAVAILABLE))


def _context(work: Work, error: UpstreamError) -> int:
    """The tokens that the model takes, as the refusal of a prompt says, or less than it had."""
    sent = tokens.of_messages(work.messages, work.model) + work.output_limit
    believed = min(sent, known_models.context(work.model))
    return error.context if error.context and error.context < believed else believed * 3 // 4


def stop(work: Work, text: str) -> None:
    """Charge what came of an answer that the customer stopped, and keep its words."""
    reply_call.settle_stopped(work, text)
    reply = work.reply
    if text:
        Message.objects.filter(
            id=reply.pk, attempt=reply.attempt, state=State.CANCELLED, failure=Failure.STOPPED
        ).update(text=text)


def abandon(work: Work) -> None:
    """A worker that stops hands the reply to the next, and pays for what it began."""
    paid_call.abandon(work.reply.charge_reference)
    queue.hand_back(work.reply, timedelta(0))
