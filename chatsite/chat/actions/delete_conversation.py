"""Deleting a conversation with everything that holds its words; what its calls cost stays."""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from chatsite.chat.actions import end_reply
from chatsite.chat.attachments import uploads
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import NotYours
from chatsite.chat.models import Conversation, DeletedConversation, ScoringShare
from chatsite.webhooks import outbox
from chatsite.webhooks.models import Kind
from routing.models import AnswerCheck, RouteDecision

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deleted:
    """What others know the conversations by that are being deleted: `conversation:1`, `reply:2`."""

    conversations: frozenset[str]
    replies: frozenset[str]


def conversations(ids: Iterable[int]) -> list[Change]:
    """Delete them in one transaction, and keep their addresses from being used again."""
    with transaction.atomic():
        held = Conversation.objects.select_for_update().filter(id__in=list(ids)).order_by("id")
        doomed = list(held)
        for conversation in doomed:
            end_reply.cancel(conversation)
        messages = [
            message
            for conversation in doomed
            for message in conversation.messages.values_list("id", flat=True)
        ]
        replies = frozenset(f"reply:{message}" for message in messages)
        deleted = Deleted(frozenset(each.reference for each in doomed), replies)
        uploads.go_with(messages, {each.visitor for each in doomed})
        RouteDecision.objects.filter(reference__in=replies).delete()
        AnswerCheck.objects.filter(reference__in=replies).delete()
        ScoringShare.objects.filter(reply__in=replies).delete()
        for path in settings.DELETED_WITH_CONVERSATIONS:
            import_string(path)(deleted)
        for each in doomed:
            outbox.record(Kind.DELETED, "", {"conversation": str(each.public_id)})
        DeletedConversation.objects.bulk_create(
            [DeletedConversation(public_id=each.public_id) for each in doomed],
            ignore_conflicts=True,
        )
        changes = [Change(each, each.revision, each.revision + 1, over=True) for each in doomed]
        Conversation.objects.filter(id__in=[each.pk for each in doomed]).delete()
    for reference in sorted(deleted.conversations):
        logger.info("%s deleted", reference)
    return changes


def by_customer(public_id: uuid.UUID, visitor: str) -> Change:
    """Raises NotYours."""
    held = Conversation.objects.held_by(visitor).filter(public_id=public_id)
    change = next(iter(conversations(held.values_list("id", flat=True))), None)
    if change is None:
        raise NotYours
    return change
