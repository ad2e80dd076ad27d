"""Staff ask the assistant for a draft of a reply; a worker writes it, and nothing sends it."""

import logging
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from chatsite.celery import app
from chatsite.chat.models import Conversation
from chatsite.inbox.models import ReplyDraft

logger = logging.getLogger(__name__)

# By name: a web process that imported the task would load the provider's client, 30 MB.
WRITE = "chatsite.inbox.tasks.write_reply_draft"
OPEN = (ReplyDraft.State.WAITING, ReplyDraft.State.WRITING)


def ask(conversation: Conversation, person: AbstractBaseUser) -> ReplyDraft:
    """The draft that is being written for this person, or a new one. A double click is one call."""
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        mine = conversation.reply_drafts.filter(by_id=person.pk)
        if draft := mine.filter(state__in=OPEN).first():
            return draft
        draft = ReplyDraft.objects.create(conversation=conversation, by_id=person.pk)
        hint = partial(app.send_task, WRITE, [draft.pk], retry=False)
        transaction.on_commit(hint, robust=True)
    logger.info("%s asked for in %s by user %s", draft, conversation.reference, person.pk)
    return draft
