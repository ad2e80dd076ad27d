"""Saved answers: a complete answer to a first message, given again to whoever asks the same.

The same means the same words. No likeness will do: "can I return it opened" and "unopened" are
close neighbours with opposite answers. The key holds all that the answer came from, so that what
has changed since is not found: the articles' edition too. Which answers a changed article touches
cannot be told from their sources, because it may now be the one that an answer lacked; a new
edition therefore empties all. So does the moment at which an article begins or ends to be valid.
"""

import hashlib
import json
import logging
from datetime import datetime, timedelta

from django.db.models import Q

from billing import clock
from billing.models import LedgerEntry
from chatsite.answering.calls.reply_call import Claimed, Work
from chatsite.answering.canned import canned_answer
from chatsite.answering.canned.canned_answer import Answer
from chatsite.answering.question import prompt
from chatsite.chat.models import Message, SavedAnswer
from chatsite.knowledge import current_search_index
from routing.analysis.features import language
from routing.analysis.wording import tidy

logger = logging.getLogger(__name__)

SAVED_FOR = timedelta(days=30)
MOST_SAVED = 10_000
# Characters of a question. A longer one is not asked twice.
LONGEST = 500


def for_turn(claimed: Claimed) -> Answer | None:
    """The answer that was given to these words before."""
    task, key = claimed.turn.task, _key(claimed)
    if task is None or key is None:
        return None
    known = (
        SavedAnswer.objects.filter(key=key, saved_at__gt=clock.now() - SAVED_FOR)
        .exclude(reply__rating=Message.Rating.BAD)
        .select_related("reply")
        .first()
    )
    return Answer(task, known.reply.text, known.reply.sources, known) if known else None


def keep(work: Work) -> None:
    """Keep the answer that this work has just completed, if it may be given again."""
    claimed, reply = work.claimed, work.reply
    task, key = claimed.turn.task, _key(claimed)
    if task is None or key is None or reply.state != Message.State.COMPLETE:
        return
    entries = LedgerEntry.objects.filter(reference=reply.charge_reference)
    cost = entries.values_list("amount", flat=True).first()
    if cost is None:  # nobody could say what it saves
        return
    answer = SavedAnswer(
        reply=reply,
        key=key,
        task_type=task.name,
        knowledge=claimed.found.edition,
        cost=cost,
    )
    # Whoever asked the same at the same moment may have been first.
    SavedAnswer.objects.bulk_create([answer], ignore_conflicts=True)


def forget(now: datetime) -> int:
    """Delete what is too old, of an earlier edition, or beyond the most; return how many."""
    of_now = Q(knowledge__in=current_search_index.editions())
    stale = SavedAnswer.objects.filter(Q(saved_at__lte=now - SAVED_FOR) | ~of_now)
    gone = stale.delete()[0]
    surplus = SavedAnswer.objects.order_by("-saved_at").values_list("id", flat=True)[MOST_SAVED:]
    return gone + SavedAnswer.objects.filter(id__in=list(surplus)).delete()[0]


def _key(claimed: Claimed) -> str | None:
    """All that the answer comes from; None where it may not be saved."""
    turn, task, policy = claimed.turn, claimed.turn.task, claimed.policy
    if task is None or not task.is_cacheable or not claimed.found.edition:
        return None
    if claimed.open_files or len(turn.text) > LONGEST or not canned_answer.is_first(claimed):
        return None
    basis = [
        # Signs stay: "under 50 €" and "under 50 $" are two questions.
        " ".join(tidy(turn.text).casefold().split()).rstrip(" ?!."),
        language(turn.text),
        claimed.found.edition,
        policy.version,
        task.name,
        task.tier,
        task.points,
        prompt.INSTRUCTIONS,
        claimed.site,
    ]
    return hashlib.sha256(json.dumps(basis).encode()).hexdigest()
