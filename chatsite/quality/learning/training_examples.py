"""Turns as they were when they were routed, and what is known of their cheap answers."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max

from chatsite.answering.question import open_question
from chatsite.chat.models import Message
from chatsite.knowledge.embeddings import question_embeddings
from chatsite.knowledge.search import question
from chatsite.knowledge.search.question import LONGEST_BEFORE
from chatsite.quality import labels
from chatsite.quality.labels import FIRM
from chatsite.quality.models import QualityLabel
from chatsite.quality.reference_chunks import together
from routing import stored_site_profile
from routing.analysis.features import measure
from routing.checks import verifier
from routing.checks.verifier import Answered
from routing.learning.labels import Label as TrainingLabel
from routing.models import AnswerCheck, RouteDecision
from routing.tier_choice import Turn

logger = logging.getLogger(__name__)

# Replies read for one fit: what is trusted first, then the newest. Twice as many take 20 s more.
MOST = 3000


@dataclass(frozen=True, slots=True)
class Example:
    """A reply's turn with its label, as `fit` takes it."""

    reply_id: int
    asked_at: datetime
    label: TrainingLabel

    @property
    def is_firm(self) -> bool:
        """Whether somebody has said something, and not only gone on."""
        return self.label.weight >= FIRM


def read(
    leaving_out: Collection[QualityLabel.Source] = (), *, by_meaning: bool = True
) -> list[Example]:
    """The labelled replies, oldest first; what several sources say of one is averaged by trust.

    `leaving_out`: sources that are not to be learned from. `by_meaning`: with embeddings.
    """
    said = QualityLabel.objects.exclude(source__in=[*leaving_out, *labels.not_trusted()])
    chosen = (
        said.values("reply")
        .annotate(trust=Max("weight"), newest=Max("said_at"))
        .order_by("-trust", "-newest")
        .values_list("reply", flat=True)[:MOST]
    )
    of_reply: dict[int, list[QualityLabel]] = defaultdict(list)
    for label in said.filter(reply__in=list(chosen)):
        of_reply[label.reply_id].append(label)
    asked = turns_of(of_reply, by_meaning=by_meaning)
    checks = _checks(asked)
    found = [
        Example(
            reply.pk,
            reply.created_at,
            _combined(of_reply[reply.pk], turn, reply, checks.get(reply.reference)),
        )
        for reply, turn in asked.values()
    ]
    return sorted(found, key=lambda example: example.asked_at)


def turns_of(
    reply_ids: Collection[int], *, by_meaning: bool = True
) -> dict[int, tuple[Message, Turn]]:
    """What was asked in these replies' turns, by the words that were unanswered then.

    Evidence and ratings are those of the decision, because articles and opinions have changed
    since. Embeddings are made again, where routing reads those of the site's model. Replies that no
    decision was made for are left out.
    """
    found = {}
    questions = {}
    for some in together(sorted(reply_ids)):
        replies = Message.objects.in_bulk(some)
        messages = _messages({reply.conversation_id for reply in replies.values()})
        seen = _decided(replies.values())
        before = {
            reply.pk: [
                message
                for message in messages[reply.conversation_id]
                if message.position < reply.position
            ][-open_question.MOST_EARLIER :]
            for reply in replies.values()
            if reply.reference in seen
        }
        answers = _answers(before)
        for number, earlier in before.items():
            features = seen[replies[number].reference]
            asked = question.continued(_as_said(earlier, answers))
            now, said_before = open_question.asked(earlier)
            questions[number] = asked
            found[number] = (
                replies[number],
                Turn(
                    "\n".join(now),
                    tuple(said_before),
                    features.get("evidence", 0.0),
                    bad_ratings=features.get("bad_ratings", 0),
                    answer=asked.answer,
                ),
            )
    if not by_meaning:
        return found
    vectors, why = question_embeddings.for_routing(list(questions.values()), "learn")
    logger.info("Messages are read by %s", why)
    return {
        number: (reply, replace(turn, vector=vector))
        for (number, (reply, turn)), vector in zip(found.items(), vectors, strict=True)
    }


def _answers(before: Mapping[int, Sequence[Message]]) -> Mapping[int, str]:
    """The texts of the answers that customers last had, by message."""
    last = {
        answers[-1]
        for messages in before.values()
        if (answers := [each.pk for each in messages if _is_answer(each)])
    }
    rows = Message.objects.filter(pk__in=last).values_list("pk", "text")
    return {number: text[:LONGEST_BEFORE] for number, text in rows}


def _as_said(messages: Sequence[Message], answers: Mapping[int, str]) -> Iterator[tuple[bool, str]]:
    for message in messages:
        if message.role == Message.Role.CUSTOMER:
            yield True, message.words
        elif _is_answer(message):
            yield False, answers.get(message.pk, "")


def _is_answer(message: Message) -> bool:
    return message.role != Message.Role.CUSTOMER and message.state == Message.State.COMPLETE


def _combined(
    said: list[QualityLabel], turn: Turn, reply: Message, checks: Mapping[str, float] | None
) -> TrainingLabel:
    trust = sum(each.weight for each in said)
    strong = [each.strong for each in said if each.strong is not None]
    return TrainingLabel(
        measured=measure(turn, site=stored_site_profile.current()),
        cheap=sum(each.weight * each.cheap for each in said) / trust,
        strong=strong[0] if strong else None,
        group=f"conversation:{reply.conversation_id}",
        checks=checks,
        weight=min(1.0, trust),
    )


def _messages(conversations: Collection[int]) -> Mapping[int, list[Message]]:
    """All that was said in them, in order, answers without their text."""
    found: dict[int, list[Message]] = defaultdict(list)
    rows = Message.objects.filter(conversation__in=conversations).order_by(
        "conversation", "position"
    )
    for message in rows.filter(role=Message.Role.CUSTOMER).only(
        "conversation", "position", "role", "state", "text"
    ):
        found[message.conversation_id].append(message)
    for message in rows.exclude(role=Message.Role.CUSTOMER).only(
        "conversation", "position", "role", "state"
    ):
        found[message.conversation_id].append(message)
    for messages in found.values():
        messages.sort(key=lambda message: message.position)
    return found


def _decided(replies: Collection[Message]) -> Mapping[str, Any]:
    references = [reply.reference for reply in replies]
    decisions = RouteDecision.objects.filter(reference__in=references)
    return dict(decisions.values_list("reference", "features"))


def _checks(asked: Mapping[int, tuple[Message, Turn]]) -> Mapping[str, Mapping[str, float]]:
    """What the verifier measured of their cheap answers, if it measures the same today."""
    named = verifier.measure(Answered("", "")).keys()
    references = [reply.reference for reply, _ in asked.values()]
    return {
        reference: features
        for some in together(references)
        for reference, features in AnswerCheck.objects.of_cheap()
        .filter(reference__in=some)
        .values_list("reference", "features")
        if features.keys() == named
    }
