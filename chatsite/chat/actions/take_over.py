"""A member of staff takes the conversation over, or is given it. A double click changes nothing."""

import logging

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from chatsite.chat import outgoing_events, staff_handling
from chatsite.chat.actions import end_reply
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation
from chatsite.webhooks.models import Kind

logger = logging.getLogger(__name__)


def conversation(conversation_id: int, person: AbstractBaseUser) -> Change:
    """The person answers from now on; an answer on its way is cancelled (P9).

    A colleague who answered until now no longer does. Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(id=conversation_id)
        before = held.revision
        if held.handled_by_id == person.pk:
            return Change(held, before, before)
        cancelled = end_reply.cancel(held)
        held.advance()
        give_to(held, person)
    logger.info("%s taken over by user %s", held.reference, person.pk)
    altered = (cancelled,) if cancelled else ()
    return Change(held, before, held.revision, altered=altered, handed=True)


def give_to(held: Conversation, person: AbstractBaseUser) -> None:
    """Let the person answer; nothing is put aside any more. The caller holds the lock."""
    if held.handled_by_id != person.pk:
        outgoing_events.happened(held, Kind.TAKEN_OVER, person=person.get_username())
    held.handled_by_id = person.pk
    held.handed_back_at = held.resolved_at = held.snoozed_until = None
    held.save(update_fields=["handled_by", "handed_back_at", "resolved_at", "snoozed_until"])
    staff_handling.taken(held, person)
