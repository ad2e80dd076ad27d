"""Each night the strong model judges a sample of cheap answers, for labels to learn from."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from billing.models import LedgerEntry
from chatsite.chat.models import Message
from chatsite.knowledge import articles
from chatsite.llm.batches import Request
from chatsite.offline.jobs import Wanted
from chatsite.offline.kinds import Kind
from chatsite.offline.models import Batch, Item
from chatsite.quality import labels, rubric
from chatsite.quality.errors import BadVerdict
from chatsite.quality.models import Label
from routing import policies
from routing.choice import Tier

logger = logging.getLogger(__name__)

JUDGING = LedgerEntry.Purpose.JUDGING
KIND = Kind(JUDGING, "judge", "Judging, each day", 1_000_000_000)
# Of answers that ended since; and no second sample before.
SAMPLED_FROM = timedelta(days=1)
NOT_BEFORE = timedelta(hours=20)
# Tokens of a verdict, and of what a reasoning model thinks before it.
OUTPUT_LIMIT = 600
# Messages before the answer, and articles, that the judge is shown.
MOST_SAID, MOST_ARTICLES = 8, 4


def sample(now: datetime) -> Batch | None:
    """Queue the night's sample; None where judging is off or had its night. Raises NotSold."""
    judged = Batch.objects.filter(purpose=JUDGING, created_at__gt=now - NOT_BEFORE)
    if not settings.JUDGED_PER_NIGHT or judged.exists():
        return None
    replies = _drawn(now)
    policy = policies.current()
    # Of a model that is only sold at full price, the successor may be sold at half.
    models = (policy.strong_model, policy.strong_successor)
    return KIND.queue(models, lambda model: [_wanted(reply, model) for reply in replies], now)


def collect() -> int:
    """Turn verdicts that have come into labels; returns how many. Safe to repeat."""
    answered = Item.objects.filter(batch__purpose=JUDGING, state=Item.State.ANSWERED)
    kept = 0
    for item in answered:
        with transaction.atomic():
            kept += _kept(item)
    return kept


def _drawn(now: datetime) -> list[Message]:
    """Finished cheap answers of the day, by lot. One query, once a night."""
    ended = Message.objects.filter(
        role=Message.Role.ASSISTANT,
        state=Message.State.COMPLETE,
        tier=Tier.CHEAP,
        ended_at__gte=now - SAMPLED_FROM,
        ended_at__lt=now,
    )
    unjudged = ended.exclude(labels__source=Label.Source.JUDGED).select_related("conversation")
    return list(unjudged.order_by("?")[: settings.JUDGED_PER_NIGHT])


def _wanted(reply: Message, model: str) -> Wanted:
    before = reply.conversation.messages.filter(position__lt=reply.position).exclude(text="")
    said = list(before.order_by("-position")[:MOST_SAID])[::-1]
    asked = next((each.text for each in said[::-1] if each.role == Message.Role.CUSTOMER), "")
    found = articles.matching(asked, MOST_ARTICLES).matches
    messages = rubric.messages(
        [(each.role, each.text) for each in said],
        [(match.title, match.body) for match in found],
        reply.text,
    )
    request = Request(
        f"judge:{reply.pk}", model, messages, OUTPUT_LIMIT, response_format=rubric.FORMAT
    )
    return Wanted(reply.reference, request)


def _kept(item: Item) -> bool:
    """Whether the verdict became a label; what is left of it is the reason."""
    try:
        verdict = rubric.read(item.text)
    except BadVerdict as error:
        logger.warning("%s unreadable: %s", item.reference, error)
        Item.objects.filter(pk=item.pk).update(
            state=Item.State.FAILED, failure="unreadable", text=""
        )
        return False
    reply = Message.objects.filter(pk=int(item.subject.removeprefix("reply:"))).first()
    # Its conversation may be deleted by now, and nothing of it is kept.
    reason = verdict.reason if reply else ""
    if not Item.objects.filter(pk=item.pk, state=Item.State.ANSWERED).update(
        state=Item.State.USED, text=reason
    ):
        return False  # another worker has used it
    if reply is not None:
        labels.add(reply.pk, Label.Source.JUDGED, verdict.score)
    return reply is not None
