"""Staff put a conversation aside: resolved, or for later. The customer's next message undoes it."""

import logging
from datetime import datetime

from django.db import transaction

from billing import clock
from chatsite.chat import outgoing_events, staff_handling
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation
from chatsite.webhooks.models import Kind

logger = logging.getLogger(__name__)


def resolve(conversation_id: int) -> Change:
    """Nothing is left to do: nobody handles it and nobody is waited for.

    An answer that the assistant is writing is finished. Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(id=conversation_id)
        before = held.revision
        if held.resolved_at is not None:
            return Change(held, before, before)
        held.advance()
        held.resolved_at = clock.now()
        held.handled_by = held.wants_person_since = held.snoozed_until = None
        held.handed_back_at = None
        held.save(
            update_fields=[
                *("resolved_at", "handled_by", "wants_person_since", "snoozed_until"),
                "handed_back_at",
            ]
        )
        staff_handling.ended(held, staff_handling.End.RESOLVED)
        outgoing_events.happened(held, Kind.RESOLVED)
    logger.info("%s resolved", held.reference)
    return Change(held, before, held.revision, handed=True)


def reopen(conversation_id: int) -> Change:
    """There is something left to do after all. Raises Conversation.DoesNotExist."""
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(id=conversation_id)
        before = held.revision
        if held.resolved_at is None and held.snoozed_until is None:
            return Change(held, before, before)
        held.advance()
        if held.resolved_at is not None:
            outgoing_events.happened(held, Kind.REOPENED)
        held.resolved_at = held.snoozed_until = None
        held.save(update_fields=["resolved_at", "snoozed_until"])
    logger.info("%s reopened", held.reference)
    return Change(held, before, held.revision, handed=True)


def snooze(conversation_id: int, until: datetime) -> Change:
    """Out of the queues until then. Raises Conversation.DoesNotExist."""
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(id=conversation_id)
        before = held.revision
        if held.snoozed_until == until or held.resolved_at is not None:
            return Change(held, before, before)
        held.advance()
        held.snoozed_until = until
        held.save(update_fields=["snoozed_until"])
    logger.info("%s snoozed", held.reference)
    return Change(held, before, held.revision, handed=True)
