"""A member of staff writes to the customer, which takes the conversation over."""

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from chatsite.chat.actions import end_reply
from chatsite.chat.changes import Change
from chatsite.chat.errors import Empty
from chatsite.chat.models import Conversation, Message


def send(
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
        cancelled = end_reply.cancel(conversation)
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
