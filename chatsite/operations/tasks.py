"""Celery's part: the beat's question whether anybody works, and what is kept no longer."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from billing import clock
from chatsite.chat import change_announcements, sql
from chatsite.chat.actions import delete_conversation
from chatsite.chat.attachments import uploads
from chatsite.chat.models import Conversation, DeletedConversation
from chatsite.operations import readiness

# Conversations that one look erases; the next goes on.
AT_ONCE = 500
FORGOTTEN_WITHIN = timedelta(hours=3)


@shared_task
def keep_no_longer() -> None:
    """Erase conversations in which nothing was said for KEEP_CONVERSATIONS_DAYS.

    And, whatever that is, files that were uploaded and not sent.
    """
    uploads.sweep()
    if not settings.KEEP_CONVERSATIONS_DAYS:
        return
    before = clock.now() - timedelta(days=settings.KEEP_CONVERSATIONS_DAYS)
    old = Conversation.objects.filter(active_at__lt=before).order_by("active_at")
    for change in delete_conversation.conversations(old.values_list("id", flat=True)[:AT_ONCE]):
        change_announcements.announce(change)


@shared_task
def forget_deleted_words() -> None:
    """Where something was deleted since the last look, with time to spare."""
    since = clock.now() - FORGOTTEN_WITHIN
    if DeletedConversation.objects.filter(deleted_at__gt=since).exists():
        sql.forget_deleted_words()


@shared_task
def canary() -> None:
    readiness.sing()
