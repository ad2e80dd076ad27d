"""A customer asks for a person, who takes over, answers, and hands back to the assistant.

Each verb may run twice: a double click, or two people at once, changes nothing the second time.
"""

import logging
import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from chatsite.chat import endings
from chatsite.chat.errors import Empty, NotYours
from chatsite.chat.models import Conversation, Message
from chatsite.chat.questions import Change, owe

logger = logging.getLogger(__name__)


def wish(public_id: uuid.UUID, visitor: str, wanted: bool) -> Change:
    """The customer asks for a person, or no longer does.

    The assistant goes on meanwhile: at night nobody may come, and silence helps less than it can.
    Raises NotYours.
    """
    with transaction.atomic():
        held = Conversation.objects.held_by(visitor).filter(public_id=public_id)
        conversation = held.select_for_update().first()
        if conversation is None:
            raise NotYours
        before = conversation.revision
        is_wanted = conversation.wants_person_since is not None
        if wanted == is_wanted or conversation.handled_by_id is not None:
            return Change(conversation, before, before, handed=True)
        conversation.advance()
        conversation.wants_person_since = timezone.now() if wanted else None
        conversation.save(update_fields=["wants_person_since"])
    logger.info("%s %s a person", conversation.reference, "wants" if wanted else "no longer wants")
    return Change(conversation, before, conversation.revision, handed=True)


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
        conversation.handled_by = conversation.wants_person_since = None
        conversation.save(update_fields=["handled_by", "wants_person_since"])
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
