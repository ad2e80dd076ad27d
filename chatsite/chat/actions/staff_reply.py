"""A member of staff writes to the customer, which takes the conversation over."""

import uuid
from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from chatsite.chat import outgoing_events, staff_handling
from chatsite.chat.actions import end_reply, take_over
from chatsite.chat.actions.ask import cleaned
from chatsite.chat.attachments import uploads
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import Empty, WithColleague
from chatsite.chat.models import Conversation, Message


def send(
    conversation_id: int,
    person: AbstractBaseUser,
    text: str,
    client_id: uuid.UUID | None = None,
    files: Sequence[uuid.UUID] = (),
) -> Change:
    """Send the person's words, which takes the conversation over from the assistant.

    Saying it again with the same client id changes nothing: the Change then holds, in `altered`,
    what was said with it. `files`: what this person has uploaded for it, which may be all.
    Raises Empty, WithColleague, TooManyFiles, FileGone, Conversation.DoesNotExist.
    """
    text = cleaned(text)
    if not text and not files:
        raise Empty
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().get(id=conversation_id)
        before = conversation.revision
        said = conversation.messages.filter(client_id=client_id).first() if client_id else None
        if said:
            return Change(conversation, before, before, altered=(said,))
        if conversation.handled_by_id not in {None, person.pk}:
            raise WithColleague
        bound = uploads.bind(files, "", person)
        cancelled = end_reply.cancel(conversation)
        message = Message.objects.create(
            conversation=conversation,
            position=conversation.advance(positions=2),
            role=Message.Role.STAFF,
            text=text,
            author_id=person.pk,
            client_id=client_id,
            files=bound.facts,
        )
        bound.to(message)
        take_over.give_to(conversation, person)
        staff_handling.answered(conversation)
        outgoing_events.said(conversation, message)
    altered = (cancelled,) if cancelled else ()
    after = conversation.revision
    return Change(conversation, before, after, added=(message,), altered=altered, handed=True)
