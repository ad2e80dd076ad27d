"""Replies: claimed by one worker at a time, ended once, each attempt on the ledger."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from billing import ledger
from billing.errors import NoPrice, NoRoom
from billing.ladder import Step
from chatsite.chat import (
    affording,
    approved,
    calls,
    endings,
    escalations,
    kept,
    prepared,
    prompt,
    statements,
    turns,
)
from chatsite.chat.affording import Means
from chatsite.chat.calls import LEASE, MOST_TRIES, Claimed, Work
from chatsite.chat.models import Message
from chatsite.chat.questions import Change
from chatsite.chat.turns import Told
from chatsite.knowledge import articles
from chatsite.knowledge.articles import Found
from chatsite.llm import Finished, FinishReason, Kind, UpstreamError
from routing import fitted, library, trials
from routing.choice import NoScore, Score, Turn
from routing.tiers import Standing
from routing.verifier import Verdict

logger = logging.getLogger(__name__)

State = Message.State
Failure = Message.Failure

# Articles in a prompt: the best few, each some 200 words.
MOST_ARTICLES = 4

# An answer's end as the provider names it, and as the customer sees it.
ENDINGS = {
    FinishReason.STOP: (State.COMPLETE, ""),
    FinishReason.LENGTH: (State.CUT, Failure.LENGTH),
    FinishReason.CONTENT_FILTER: (State.CUT, Failure.FILTERED),
}
FAILURES = {
    Kind.REFUSED: Failure.REFUSED,
    Kind.TIMEOUT: Failure.LATE,
    Kind.UNAUTHORISED: Failure.MISCONFIGURED,
    Kind.QUOTA: Failure.MISCONFIGURED,
    Kind.UNKNOWN_MODEL: Failure.MISCONFIGURED,
}


def look(reply_id: int) -> Claimed | None:
    """What a reply is about that is due and still to be claimed; None where somebody else has.

    This is most of the work, and holds nothing that others wait for.
    """
    found = statements.due(reply_id)
    if found is None:
        return None
    reply, is_newest = found
    earlier = statements.earlier(reply, turns.MOST_EARLIER)
    turn, articles_found = _turn(earlier)
    said = tuple(
        prompt.Said("user" if message.role == Message.Role.CUSTOMER else "assistant", message.text)
        for message in earlier
    )
    newest_at = reply.conversation.revision if is_newest else -1
    policy, part = trials.deciding(reply.conversation.reference)
    return Claimed(
        reply,
        policy,
        turn,
        said,
        articles_found,
        calls.seconds_left(reply),
        newest_at,
        part,
        fitted.checker(policy.learned_verifier_id),
    )


def claim(seen: Claimed) -> Claimed | Change | timedelta | None:
    """Take the reply that was looked at.

    A Change where it ends without a call; no time where it is to be looked at again at once.
    """
    reply = seen.reply
    if not statements.claim(reply, LEASE.seconds):
        return timedelta(0)
    if seen.seconds <= 1:
        return endings.end(reply, State.FAILED, failure=Failure.LATE)
    ready = None if reply.stage else approved.at_once(seen) or kept.for_turn(seen)
    return prepared.give(seen, ready) if ready else seen


def begin(
    claimed: Claimed,
    score: Score | NoScore | None,
    standing: Standing,
    means: Means | None = None,
) -> Work | Change | timedelta | None:
    """Choose the model, reserve the worst case, and say what to ask.

    `score` is None where no model was to be asked for it. A Change where the reply ends here,
    without a call; how long to wait where calls in flight hold what it needs. `means`: where they
    were looked at just now.
    """
    reply = claimed.reply
    if reply.stage:
        return escalations.resume(claimed, standing)
    means = means or affording.means(claimed)
    if means.step == Step.LATER:
        return affording.refuse(claimed)
    if means.step == Step.APPROVED and (ready := approved.for_turn(claimed)):
        return prepared.give(claimed, ready)
    try:
        work = affording.call(claimed, score, standing, means.shift)
    except NoRoom as error:
        wait = affording.wait(claimed, error)
        if wait is not None:
            return wait if _put_off(reply, wait) else None
        logger.warning("%s not asked: %s", reply.charge_reference, error)
        return affording.refuse(claimed)
    except NoPrice as error:
        logger.error("%s not asked: %s", reply.charge_reference, error)
        return endings.end(reply, State.FAILED, failure=Failure.MISCONFIGURED)
    return work


def finish(
    work: Work, finished: Finished, found: Verdict | None, standing: Standing
) -> Work | Change | None:
    """Store the answer and settle the call, in one transaction.

    `found`: what the verifier holds of the answer; a doubted one goes on as the Work that is
    returned. None where the attempt no longer owns the reply; the call is settled all the same.
    """
    state, failure = ENDINGS[finished.finish_reason]
    if not finished.text.strip() and not failure:
        # A seen end without a word is no answer.
        state, failure = State.FAILED, Failure.BROKEN
    held = escalations.escalate(work, finished, found, failure, standing) if found else None
    if isinstance(held, Work):
        return held
    calls.settle(work, finished)
    change = endings.end(
        work.reply, state, failure=failure, text=finished.text, newest_at=work.claimed.newest_at
    )
    if change and found and held:
        escalations.remember(work, found, held)
    if change and escalations.is_best(work.reply, held):
        kept.keep(work)
    return change


def fail(
    work: Work, error: UpstreamError, text: str, standing: Standing
) -> Work | Change | timedelta | None:
    """Settle a call that failed. Returns how long to wait before the next attempt, or the end.

    Work, where the cheap tier stands in at once. None where the attempt no longer owns the reply.
    """
    reply = work.reply
    calls.settle_failed(work, error)
    wait = timedelta(seconds=error.retry_after or 0.4 * 2**reply.tries)
    again = error.retryable
    if error.kind == Kind.UNKNOWN_MODEL and work.successor:
        wait, again = timedelta(0), True
    kept = calls.KEPT if work.can_be_stood_in_for else 0.0
    in_time = wait + timedelta(seconds=2 + kept) < timedelta(seconds=calls.seconds_left(reply))
    if again and reply.tries < MOST_TRIES and in_time:
        logger.info("%s to be tried again in %s: %s", reply.charge_reference, wait, error)
        return wait if _hand_back(reply, wait) else None
    logger.warning("%s failed: %s", reply.charge_reference, error)
    if other := escalations.stand_in(work, standing):
        return other
    if text:
        return endings.end(reply, State.CUT, failure=Failure.BROKEN, text=text)
    failure = FAILURES.get(error.kind, Failure.UNAVAILABLE)
    return endings.end(reply, State.FAILED, failure=failure)


def abandon(work: Work) -> None:
    """A worker that stops hands the reply to the next, and pays for what it began."""
    calls.abandon(work)
    _hand_back(work.reply, timedelta(0))


def renew(written: Sequence[tuple[int, int, str]]) -> set[int]:
    """Keep the leases of these (reply, attempt, text so far) and what a new tab is shown.

    Returns the replies that are no longer theirs.
    """
    return {
        reply_id
        for reply_id, attempt, text in written
        if not Message.objects.of_attempt(reply_id, attempt).update(
            text=text, lease_until=Now() + LEASE
        )
    }


def recover() -> tuple[list[int], list[Change]]:
    """Take back what dead workers held and end what is overdue.

    Returns the replies that are due now, oldest first, and what has ended.
    """
    Message.objects.filter(state=State.WRITING, lease_until__lt=Now()).update(
        state=State.PENDING, lease_until=None, due_at=Now(), text=""
    )
    ended = endings.end_overdue()
    ledger.expire(timezone.now())
    due = Message.objects.filter(state=State.PENDING, due_at__lte=Now()).order_by("due_at")
    return list(due.values_list("id", flat=True)[:500]), ended


def _turn(earlier: Sequence[Told]) -> tuple[Turn, Found]:
    """What the customer wants now, what they said before, and what the articles know of it."""
    now, before = turns.asked(earlier)
    text = "\n".join(now)
    found = articles.matching(text, MOST_ARTICLES)
    turn = Turn(
        text=text,
        earlier=tuple(before),
        evidence=found.evidence,
        task=library.recognise(text),
        bad_ratings=sum(message.found_wanting for message in earlier),
    )
    return turn, found


def _hand_back(reply: Message, wait: timedelta) -> bool:
    """Make the reply due again after `wait`, if this attempt still owns it."""
    # SQLite writes a sum with more digits: in the same millisecond, it is later than now.
    due_at = Now() + wait if wait else Now()
    return bool(
        Message.objects.of_attempt(reply.pk, reply.attempt).update(
            state=State.PENDING, lease_until=None, due_at=due_at, text=""
        )
    )


def _put_off(reply: Message, wait: timedelta) -> bool:
    """Make the reply due again after `wait`; not asking is no try."""
    return bool(
        Message.objects.of_attempt(reply.pk, reply.attempt).update(
            state=State.PENDING,
            lease_until=None,
            due_at=Now() + wait,
            tries=F("tries") - 1,
            waits=F("waits") + 1,
        )
    )
