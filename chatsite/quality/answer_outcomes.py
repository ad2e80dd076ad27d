"""What happened to cheap answers, found in what chat, routing and billing have stored.

What each source means and how far it is trusted, `labels` says. Everything is looked at again each
night, so that an opinion that was changed or taken back is one here too.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar

from django.db import transaction

from billing.models import LedgerEntry
from chatsite.chat.models import Conversation, Message
from chatsite.llm import FinishReason
from chatsite.quality import labels
from chatsite.quality.labels import Source, label
from chatsite.quality.models import QualityLabel
from chatsite.quality.reference_chunks import together
from routing.models import AnswerCheck, RouteDecision
from routing.tier_choice import Tier

T = TypeVar("T")
logger = logging.getLogger(__name__)

# Ends of a call that are the model's own doing.
BROKEN_OFF = [str(FinishReason.LENGTH), str(FinishReason.CONTENT_FILTER)]


def collect(since: datetime) -> int:
    """Label the replies of conversations that were active since then. Returns how many labels.

    Whatever happens to an answer makes its conversation active. Safe to repeat; what judges have
    said stays as it is.
    """
    with transaction.atomic():
        found = [
            *_ratings(since),
            *_retries(since),
            *_handoffs(since),
            *_follow_ups(since),
            *_verdicts(since),
        ]
        stale = QualityLabel.objects.filter(reply__conversation__active_at__gte=since)
        stale.exclude(source=Source.JUDGED).delete()
        labels.keep(found)
    logger.info("%d labels of what happened since %s", len(found), since)
    return len(found)


def _replies(since: datetime, **fields: object) -> Any:
    return Message.objects.filter(
        role=Message.Role.ASSISTANT, conversation__active_at__gte=since, **fields
    ).order_by("conversation", "position")


def _ratings(since: datetime) -> Iterator[QualityLabel]:
    rated = _replies(since, tier=Tier.CHEAP, rating__isnull=False)
    for reply in rated.only("rating", "ended_at", "created_at"):
        good = 1.0 if reply.rating == Message.Rating.GOOD else 0.0
        yield label(reply.pk, Source.RATING, good, None, reply.ended_at or reply.created_at)


def _retries(since: datetime) -> Iterator[QualityLabel]:
    """Where one of the earlier attempts was a cheap answer that the model broke off."""
    asked_anew = {
        f"{reply.reference}:{attempt}": reply
        for reply in _replies(since, retries__gt=0).only("attempt", "created_at")
        for attempt in range(1, reply.attempt)
    }
    broken_off = {
        asked_anew[reference].pk: asked_anew[reference]
        for references in together(asked_anew)
        for reference in LedgerEntry.objects.filter(
            reference__in=references, tier=Tier.CHEAP, outcome__in=BROKEN_OFF
        ).values_list("reference", flat=True)
    }
    for reply in broken_off.values():
        yield label(reply.pk, Source.RETRY, 0.0, None, reply.created_at)


def _handoffs(since: datetime) -> Iterator[QualityLabel]:
    """The last answer before a person wrote, and before one was asked for and has not come yet."""
    wrote: dict[int, list[datetime]] = defaultdict(list)
    staff = Message.objects.filter(role=Message.Role.STAFF, conversation__active_at__gte=since)
    for conversation, at in staff.order_by().values_list("conversation", "created_at"):
        wrote[conversation].append(at)
    waiting = Conversation.objects.filter(active_at__gte=since, wants_person_since__isnull=False)
    for each in waiting.only("wants_person_since"):
        assert each.wants_person_since is not None
        wrote[each.pk].append(each.wants_person_since)
    answers = _replies(since, state=Message.State.COMPLETE, conversation__in=list(wrote))
    before: dict[int, Message] = {}
    for reply in answers.only("conversation", "tier", "ended_at", "created_at"):
        if (reply.ended_at or reply.created_at) < min(wrote[reply.conversation_id]):
            before[reply.conversation_id] = reply
    for reply in before.values():
        if reply.tier == Tier.CHEAP:
            yield label(reply.pk, Source.HANDOFF, 0.0, None, min(wrote[reply.conversation_id]))


def _follow_ups(since: datetime) -> Iterator[QualityLabel]:
    """By what was asked next: the same again, or something else."""
    answers = _replies(since).only("conversation", "tier", "state", "created_at")
    pairs = [
        (answer, following)
        for answer, following in pairwise(answers)
        if answer.conversation_id == following.conversation_id
        and answer.state == Message.State.COMPLETE
        and answer.tier == Tier.CHEAP
    ]
    seen = _features([following.reference for _, following in pairs])
    for answer, following in pairs:
        if features := seen.get(following.reference):
            again = bool(features["again"])
            yield label(answer.pk, Source.FOLLOW_UP, float(not again), None, following.created_at)


def _verdicts(since: datetime) -> Iterator[QualityLabel]:
    replies = {reply.reference: reply.pk for reply in _replies(since).only("pk")}
    for references in together(replies):
        for verdict in AnswerCheck.objects.of_cheap().filter(reference__in=references):
            reply_id = replies[verdict.reference]
            yield label(reply_id, Source.VERDICT, 1 - verdict.doubt, None, verdict.checked_at)


def _features(references: Collection[str]) -> Mapping[str, Any]:
    """What the rules saw of these replies' turns."""
    return {
        reference: features
        for some in together(references)
        for reference, features in RouteDecision.objects.filter(reference__in=some).values_list(
            "reference", "features"
        )
    }
