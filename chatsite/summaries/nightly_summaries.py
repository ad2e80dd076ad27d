"""Each night conversations that have ended are summarised in a batch, for their readers."""

import itertools
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language_info

from billing.models import LedgerEntry
from chatsite.chat.models import Conversation, Message, Summary
from chatsite.llm.batches import Request
from chatsite.offline.batch_jobs import Wanted
from chatsite.offline.job_kinds import Kind
from chatsite.offline.models import Item
from chatsite.provider import batch_capable_models
from chatsite.provider.errors import NotSold
from chatsite.summaries import summary_prompt
from chatsite.summaries.models import Summarising
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)

SUMMARY = LedgerEntry.Purpose.SUMMARY
KIND = Kind(SUMMARY, "summary", "Summaries, each day", 250_000_000)
# Ended longer ago, nobody has come to read it.
LOOKED_BACK = timedelta(days=7)
# Tokens of a summary, and of what a reasoning model thinks before it.
OUTPUT_LIMIT = 500


def send(now: datetime) -> None:
    """Queue what has ended since and is worth it; keeps in words what came of it."""
    summarising = Summarising.current()
    if not summarising.is_on:
        return
    ended = _ended(summarising, now)
    try:
        sold = batch_capable_models.of_tier(Tier.CHEAP, now)
        sent = KIND.queue([_wanted(each, sold.model) for each in ended], now)
        said = f"{_in_words(sent, len(ended))} {sold.why}".strip()
    except NotSold as error:
        said = f"Nothing was sent: {error}."
    logger.info("Summaries: %s", said)
    Summarising.objects.update(last_night=said[:300], sent_at=now)


def collect() -> int:
    """Keep the summaries that have come; returns how many. Safe to repeat."""
    answered = Item.objects.filter(batch__purpose=SUMMARY, state=Item.State.ANSWERED)
    kept = 0
    for item in answered:
        with transaction.atomic():
            kept += _kept(item)
    return kept


def _ended(summarising: Summarising, now: datetime) -> list[Conversation]:
    """Quiet for long enough, not sent as they stand, the newest first."""
    messages = Message.objects.filter(conversation=OuterRef("pk")).order_by()
    count = messages.values("conversation").annotate(n=Count("pk")).values("n")
    wrote = Message.objects.filter(role=Message.Role.STAFF).values("conversation")
    worth = (
        Q(length__gte=summarising.long_from)
        | Q(handled_by__isnull=False)
        | Q(wants_person_since__isnull=False)
        | Q(pk__in=wrote)
    )
    quiet = (
        Conversation.objects.filter(
            active_at__lt=now - summarising.quiet, active_at__gte=now - LOOKED_BACK
        )
        .annotate(length=Coalesce(Subquery(count, output_field=IntegerField()), 0))
        .filter(worth)
    )
    return list(
        itertools.islice(_unsent(quiet.order_by("-active_at").iterator()), summarising.most)
    )


def _unsent(conversations: Iterator[Conversation]) -> Iterator[Conversation]:
    """Without those that were sent as they stand, whatever came of it."""
    # Items are kept for longer than is looked back.
    sent = set(Item.objects.filter(batch__purpose=SUMMARY).values_list("reference", flat=True))
    return (each for each in conversations if reference(each) not in sent)


def reference(conversation: Conversation) -> str:
    """On the ledger, of the conversation as it stands."""
    return f"summary:{conversation.pk}:{conversation.revision}"


def _wanted(conversation: Conversation, model: str) -> Wanted:
    request = Request(reference(conversation), model, asked(conversation), OUTPUT_LIMIT)
    return Wanted(conversation.reference, request)


def asked(conversation: Conversation) -> list[dict[str, str]]:
    """What the model is sent."""
    said = conversation.messages.exclude(text="").order_by("position")
    language = get_language_info(settings.LANGUAGE_CODE)["name"]
    return summary_prompt.messages(language, list(said.values_list("role", "text")))


def _in_words(sent: int, ended: int) -> str:
    if not ended:
        return "No ended conversations to summarise."
    if sent == ended:
        return f"{sent} conversation{'' if sent == 1 else 's'} sent."
    return (
        f"{sent} of {ended} conversations sent: a budget that the calls fall under, such as"
        f" “{KIND.budget}”, is used up."
    )


def _kept(item: Item) -> bool:
    """Whether the words became a summary; nothing of them is left in the item."""
    text = summary_prompt.read(item.text)
    state, failure = (Item.State.USED, "") if text else (Item.State.FAILED, "unreadable")
    mine = Item.objects.filter(pk=item.pk, state=Item.State.ANSWERED)
    if not mine.update(state=state, failure=failure, text="") or not text:
        return False  # another worker has used it, or there is nothing to use
    number, revision = (int(part) for part in item.reference.split(":")[1:])
    return keep(number, revision, text)


def keep(number: int, revision: int, text: str) -> bool:
    """Whether it is the newest; the conversation may be deleted by now, or summarised later."""
    newer = Summary.objects.filter(conversation=number, revision__gt=revision)
    if newer.exists() or not Conversation.objects.filter(pk=number).exists():
        return False
    Summary.objects.update_or_create(
        conversation_id=number,
        defaults={"text": text, "revision": revision, "written_at": timezone.now()},
    )
    return True
