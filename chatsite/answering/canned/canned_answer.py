"""Canned answers: a reply that ends at once, without a call, as one that was written would."""

import logging
from dataclasses import dataclass, field

from django.db.models import F

from billing import clock
from chatsite.answering import person_offer
from chatsite.answering.calls.reply_call import Claimed
from chatsite.answering.step_outcomes import Ended, NotOurs
from chatsite.chat.actions import end_reply
from chatsite.chat.models import CannedAnswer, Message, SavedAnswer
from routing.tier_choice import Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Words that are ready for a reply. `saved`: the saved answer that they are."""

    task: Task
    text: str
    sources: list[dict[str, str]] = field(default_factory=list)
    saved: SavedAnswer | None = None


def is_first(claimed: Claimed) -> bool:
    """Whether nobody has answered in this conversation, so that the words stand for themselves."""
    return all(said.by == "user" for said in claimed.said)


def give(claimed: Claimed, answer: Answer) -> Ended | NotOurs:
    """End the reply with the answer, without a call."""
    reply = claimed.reply
    reply.tier, reply.sources = "", answer.sources
    reply.offers_person = person_offer.is_due(claimed, answer.text, None)
    change = end_reply.end(
        reply, Message.State.COMPLETE, text=answer.text, newest_at=claimed.newest_at
    )
    if change is None:
        return NotOurs()
    kind = CannedAnswer.Kind.SAVED if answer.saved else CannedAnswer.Kind.APPROVED
    CannedAnswer.objects.create(
        reply=reply,
        kind=kind,
        task_type=answer.task.name,
        similarity=answer.task.similarity,
        recognised_by=answer.task.why,
        saved_answer=answer.saved,
        saved=answer.saved.cost if answer.saved else 0,
    )
    if answer.saved:
        again = SavedAnswer.objects.filter(id=answer.saved.pk)
        again.update(hits=F("hits") + 1, hit_at=clock.now())
    logger.info(
        "%s given a canned answer (%s) of task type %s",
        reply.reference,
        kind.label,
        answer.task.name,
    )
    return Ended(change)
