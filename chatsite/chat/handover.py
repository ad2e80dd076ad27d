"""A person takes a conversation over, answers in it, and hands it back to the assistant.

Each verb may run twice: a double click, or two people at once, changes nothing the second time.
"""

import logging
import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from chatsite.chat import endings
from chatsite.chat.errors import Empty
from chatsite.chat.models import Conversation, Message
from chatsite.chat.questions import Change, owe

logger = logging.getLogger(__name__)


def take(conversation_id: int, person: AbstractBaseUser) -> Change:
    """The person answers from now on; an answer on its way is cancelled (P9).

    Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation_id)
        before = conversation.revision
        if conversation.handled_by_id == person.pk:
            return Change(conversation, before, before)
        cancelled = endings.cancel(conversation)
        conversation.advance()
        conversation.handled_by_id = person.pk
        conversation.save(update_fields=["handled_by"])
    logger.info("%s taken over by user %s", conversation.reference, person.pk)
    altered = (cancelled,) if cancelled else ()
    return Change(conversation, before, conversation.revision, altered=altered, handed=True)


def say(
    conversation_id: int, person: AbstractBaseUser, text: str, client_id: uuid.UUID | None = None
) -> Change:
    """Send the person's words, which takes the conversation over.

    Saying it again with the same client id changes nothing: the Change then holds, in `altered`,
    what was said with it. Raises Empty, Conversation.DoesNotExist.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Empty
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation_id)
        before = conversation.revision
        said = conversation.messages.filter(client_id=client_id).first() if client_id else None
        if said:
            return Change(conversation, before, before, altered=(said,))
        cancelled = endings.cancel(conversation)
        message = Message.objects.create(
            conversation=conversation,
            position=conversation.advance(positions=2),
            role=Message.Role.STAFF,
            text=text,
            author_id=person.pk,
            client_id=client_id,
        )
        if conversation.handled_by_id != person.pk:
            conversation.handled_by_id = person.pk
            conversation.save(update_fields=["handled_by"])
    altered = (cancelled,) if cancelled else ()
    return Change(
        conversation,
        before,
        conversation.revision,
        added=(message,),
        altered=altered,
        handed=True,
    )


def hand_back(conversation_id: int) -> Change:
    """The assistant answers again, at once where the customer's last words are unanswered.

    Raises Conversation.DoesNotExist.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation_id)
        before = conversation.revision
        if conversation.handled_by_id is None:
            return Change(conversation, before, before)
        position = conversation.advance(positions=2)
        conversation.handled_by = None
        conversation.save(update_fields=["handled_by"])
        newest = conversation.messages.exclude(state=Message.State.CANCELLED)
        last = newest.order_by("-position").first()
        waits = last is not None and last.role == Message.Role.CUSTOMER
        reply = owe(conversation, position) if waits else None
    logger.info("%s handed back", conversation.reference)
    return Change(
        conversation,
        before,
        conversation.revision,
        added=(reply,) if reply else (),
        reply_id=reply.pk if reply else None,
        handed=True,
    )
