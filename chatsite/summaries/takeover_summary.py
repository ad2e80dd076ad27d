"""A summary for whoever takes a conversation over: a worker writes it unless there is one."""

from functools import partial

from django.core.cache import cache
from django.db import transaction

from billing import money
from billing.models import LedgerEntry
from chatsite.celery import app
from chatsite.chat.models import Conversation, Summary
from chatsite.summaries.models import Summarising

# By name: a web process that imported the task would load the provider's client, 30 MB.
WRITE = "chatsite.summaries.tasks.summarise"
# Shorter conversations are read as quickly themselves.
LEAST_MESSAGES = 3
# Seconds after which the page stops waiting for it.
AWAITED = 30


def ask_for(conversation: Conversation) -> None:
    """Have it written where it is worth it. Whoever takes over waits for nothing."""
    if not Summarising.current().on_takeover or is_fresh(conversation):
        return
    if conversation.messages.exclude(text="").count() < LEAST_MESSAGES:
        return
    cache.set(_key(conversation.pk), True, AWAITED)
    hint = partial(app.send_task, WRITE, [conversation.pk], retry=False)
    transaction.on_commit(hint, robust=True)


def is_awaited(conversation: Conversation) -> bool:
    return bool(cache.get(_key(conversation.pk)))


def has_ended(number: int) -> None:
    """Written or not: nobody has to look for it any more."""
    cache.delete(_key(number))


def is_fresh(conversation: Conversation) -> bool:
    """Whether there is one, and nothing was said since."""
    summary = Summary.objects.filter(conversation=conversation.pk).first()
    return summary is not None and not is_behind(conversation, summary)


def is_behind(conversation: Conversation, summary: Summary) -> bool:
    """Whether something was said since it was written."""
    later = conversation.messages.filter(position__gt=summary.revision)
    return later.exclude(text="").exists()


def shown_cost(summary: Summary) -> str:
    """Blank where the ledger does not know the call."""
    reference = f"summary:{summary.conversation_id}:{summary.revision}"
    amount = LedgerEntry.objects.filter(reference=reference).values_list("amount", flat=True)
    return money.shown(amount[0]) if amount else ""


def _key(number: int) -> str:
    return f"summary-awaited-{number}"
