"""The queue of pending replies: each claimed by one worker at a time under a lease, and recovered.

The reply's row is the job; Celery only carries hints.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from billing import clock, ledger
from chatsite.answering import sql
from chatsite.answering.calls.reply_call import REPLY_LEASE, Claimed
from chatsite.answering.canned import (
    approved_answers,
    canned_answer,
    person_requested,
    saved_answers,
)
from chatsite.answering.step_outcomes import Ended, NotOurs, TryAgain, ended
from chatsite.chat.actions import end_reply
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Message

State = Message.State
Failure = Message.Failure


def claim(seen: Claimed) -> Claimed | Ended | TryAgain | NotOurs:
    """Take the reply that was looked at.

    Ended where no call is needed; TryAgain where the reply has moved on since it was looked at.
    """
    reply = seen.reply
    if not sql.claim(reply, REPLY_LEASE.seconds):
        return TryAgain(timedelta(0))
    if seen.seconds <= 1:
        return ended(end_reply.end(reply, State.FAILED, failure=Failure.LATE))
    if seen.wish and not reply.stage:
        return person_requested.give(seen, seen.wish)
    # An answer that stands ready knows nothing of what was sent along.
    is_fresh = bool(reply.stage or seen.open_files)
    ready = None if is_fresh else approved_answers.at_once(seen) or saved_answers.for_turn(seen)
    return canned_answer.give(seen, ready) if ready else seen


def renew(written: Sequence[tuple[int, int, str]]) -> set[int]:
    """Keep the leases of these (reply, attempt, text so far) and what a new tab is shown.

    Returns the replies that are no longer theirs.
    """
    return {
        reply_id
        for reply_id, attempt, text in written
        if not Message.objects.of_attempt(reply_id, attempt).update(
            text=text, lease_until=Now() + REPLY_LEASE
        )
    }


def stopped(replies: set[int]) -> set[int]:
    """Those that their customers stopped, and perhaps have asked for again since."""
    is_stopped = Q(failure=Message.Failure.STOPPED) | Q(state=State.PENDING, tries=0)
    found = Message.objects.filter(is_stopped, id__in=replies)
    return set(found.values_list("id", flat=True))


def recover() -> tuple[list[int], list[Change]]:
    """Take back what dead workers held and end what is overdue.

    Returns the replies that are due now, oldest first, and what has ended.
    """
    Message.objects.filter(state=State.WRITING, lease_until__lt=Now()).update(
        state=State.PENDING, lease_until=None, due_at=Now(), text=""
    )
    ended = end_reply.end_overdue()
    ledger.expire(clock.now())
    due = Message.objects.filter(state=State.PENDING, due_at__lte=Now()).order_by("due_at")
    return list(due.values_list("id", flat=True)[:500]), ended


def hand_back(reply: Message, wait: timedelta) -> bool:
    """Make the reply due again after `wait`, if this attempt still owns it."""
    # SQLite writes a sum with more digits: in the same millisecond, it is later than now.
    due_at = Now() + wait if wait else Now()
    return bool(
        Message.objects.of_attempt(reply.pk, reply.attempt).update(
            state=State.PENDING, lease_until=None, due_at=due_at, text=""
        )
    )


def put_off(reply: Message, wait: timedelta) -> bool:
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
