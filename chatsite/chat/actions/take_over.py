"""A member of staff takes the conversation over. A double click changes nothing."""

import logging

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from chatsite.chat.actions import end_reply
from chatsite.chat.changes import Change
from chatsite.chat.models import Conversation

logger = logging.getLogger(__name__)


def conversation(conversation_id: int, person: AbstractBaseUser) -> Change:
    """The person answers from now on; an answer on its way is cancelled (P9).

    Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(id=conversation_id)
        before = held.revision
        if held.handled_by_id == person.pk:
            return Change(held, before, before)
        cancelled = end_reply.cancel(held)
        held.advance()
        held.handled_by_id = person.pk
        held.save(update_fields=["handled_by"])
    logger.info("%s taken over by user %s", held.reference, person.pk)
    altered = (cancelled,) if cancelled else ()
    return Change(held, before, held.revision, altered=altered, handed=True)
