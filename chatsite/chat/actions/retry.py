"""The customer asks for a failed or cut answer once more."""

import logging
import uuid

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import NotRetryable
from chatsite.chat.models import ANSWER_WITHIN, Conversation, Message

logger = logging.getLogger(__name__)


def reply(public_id: uuid.UUID, visitor: str, reply_id: int) -> Change:
    """Owe a failed or cut reply again, as it stands in the conversation.

    Raises NotYours, NotRetryable.
    """
    with transaction.atomic():
        locked = Conversation.objects.filter(ended_at=None).locked(public_id, visitor)
        failed = locked.messages.filter(id=reply_id).first()
        if failed is None or not failed.can_retry or locked.handled_by_id is not None:
            raise NotRetryable
        if locked.messages.open().exists():
            raise NotRetryable
        before = locked.revision
        locked.advance()
        broken_off = failed.failure in {Message.Failure.LENGTH, Message.Failure.FILTERED}
        Message.objects.filter(id=failed.pk).update(
            state=Message.State.PENDING,
            text="",
            retries=F("retries") + int(broken_off),
            failure="",
            stage="",
            draft="",
            offers_person=False,
            instead="",
            tries=0,
            waits=0,
            ended_at=None,
            first_words_ms=None,
            due_at=Now(),
            deadline=Now() + ANSWER_WITHIN,
        )
        failed.refresh_from_db()
    logger.info("%s asked again", failed.reference)
    return Change(locked, before, locked.revision, altered=(failed,), reply_id=failed.pk)
