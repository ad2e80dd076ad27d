"""Prepared answers: a reply that ends at once, without a call, as one that was written would."""

import logging
from dataclasses import dataclass, field

from django.db.models import F
from django.utils import timezone

from chatsite.chat import endings
from chatsite.chat.calls import Claimed
from chatsite.chat.models import KeptAnswer, Message, Prepared
from chatsite.chat.questions import Change
from routing.choice import Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Words that are ready for a reply. `kept`: where they were given before."""

    task: Task
    text: str
    sources: list[dict[str, str]] = field(default_factory=list)
    kept: KeptAnswer | None = None


def is_first(claimed: Claimed) -> bool:
    """Whether nobody has answered in this conversation, so that the words stand for themselves."""
    return all(said.by == "user" for said in claimed.said)


def give(claimed: Claimed, answer: Answer) -> Change | None:
    """End the reply with the answer; None where this attempt no longer owns it."""
    reply = claimed.reply
    reply.tier, reply.sources = "", answer.sources
    change = endings.end(
        reply, Message.State.COMPLETE, text=answer.text, newest_at=claimed.newest_at
    )
    if change is None:
        return None
    kind = Prepared.Kind.KEPT if answer.kept else Prepared.Kind.APPROVED
    Prepared.objects.create(
        reply=reply,
        kind=kind,
        task_type=answer.task.name,
        similarity=answer.task.similarity,
        recognised_by=answer.task.why,
        kept=answer.kept,
        saved=answer.kept.cost if answer.kept else 0,
    )
    if answer.kept:
        again = KeptAnswer.objects.filter(id=answer.kept.pk)
        again.update(hits=F("hits") + 1, hit_at=timezone.now())
    logger.info("%s given an %s of task type %s", reply.reference, kind.label, answer.task.name)
    return change
