"""Asking: a customer's message is stored, and a reply to it is owed."""

import logging
import re
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from chatsite.chat import statements
from chatsite.chat.errors import Empty, NotRetryable, NotYours, TooLong
from chatsite.chat.models import ANSWER_WITHIN, Conversation, Message

logger = logging.getLogger(__name__)

# Characters. At 4 a token this is an eighth of the smallest context of the two models.
MAX_LENGTH = 4000
# Neither visible nor storable everywhere: PostgreSQL refuses NUL.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change of a conversation: what tabs at revision `before` lack for `after`.

    Of the messages `added` at the end, those `moved` stood elsewhere before. `reply_id` is the
    reply that a worker may start now. `handed`: somebody else answers from now on. `rated`: only
    the customer's opinion of these is different.
    """

    conversation: Conversation
    before: int
    after: int
    added: tuple[Message, ...] = ()
    moved: tuple[Message, ...] = ()
    altered: tuple[Message, ...] = ()
    reply_id: int | None = None
    handed: bool = False
    rated: tuple[Message, ...] = ()


def ask(
    public_id: uuid.UUID, visitor: str, text: str, client_id: uuid.UUID, address: str = ""
) -> Change:
    """Store the message and owe it one reply; asking again with the same client id changes nothing.

    A conversation starts with its first message, from the network of `address`, which is a key. A
    message that arrives before the reply was begun joins it; one that arrives while it is written
    is answered by the next.
    Raises Empty, TooLong, NotYours.
    """
    text = cleaned(text)
    if not text:
        raise Empty
    if len(text) > MAX_LENGTH:
        raise TooLong(MAX_LENGTH)
    with transaction.atomic():
        conversation = _locked(public_id, visitor, address)
        before = conversation.revision
        said, reply = _standing(conversation, client_id) if before else (None, None)
        if said:
            return Change(conversation, before, before, altered=(said,))
        position = conversation.advance(positions=2)
        message = Message(
            conversation=conversation,
            position=position,
            role=Message.Role.CUSTOMER,
            text=text,
            client_id=client_id,
        )
        if reply is None and conversation.handled_by_id is None:
            reply = owed(conversation, position + 1)
            statements.add(message, reply)
            change = Change(conversation, before, conversation.revision, (message, reply))
        else:
            message.save(force_insert=True)
            moved = reply is not None and _moved(reply, position + 1)
            change = Change(
                conversation,
                before,
                conversation.revision,
                (message, reply) if reply and moved else (message,),
                (reply,) if reply and moved else (),
            )
            reply = reply if moved else None
    if reply is None:
        return change
    logger.debug("%s asked in %s", reply.reference, conversation.reference)
    return replace(change, reply_id=reply.pk)


def cleaned(text: str) -> str:
    """What was typed, without what no database stores: control characters, lone surrogates."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
    return text.encode(errors="ignore").decode()


def retry(public_id: uuid.UUID, visitor: str, reply_id: int) -> Change:
    """Owe a failed or cut reply again, as it stands in the conversation.

    Raises NotYours, NotRetryable.
    """
    with transaction.atomic():
        conversation = Conversation.objects.held_by(visitor).filter(public_id=public_id)
        locked = conversation.select_for_update().first()
        if locked is None:
            raise NotYours
        reply = locked.messages.filter(id=reply_id).first()
        if reply is None or not reply.can_retry or locked.handled_by_id is not None:
            raise NotRetryable
        if locked.messages.open().exists():
            raise NotRetryable
        before = locked.revision
        locked.advance()
        broken_off = reply.failure in {Message.Failure.LENGTH, Message.Failure.FILTERED}
        Message.objects.filter(id=reply.pk).update(
            state=Message.State.PENDING,
            text="",
            retries=F("retries") + int(broken_off),
            failure="",
            stage="",
            draft="",
            tries=0,
            waits=0,
            ended_at=None,
            due_at=Now(),
            deadline=Now() + ANSWER_WITHIN,
        )
        reply.refresh_from_db()
    logger.info("%s asked again", reply.reference)
    return Change(locked, before, locked.revision, altered=(reply,), reply_id=reply.pk)


def owed(conversation: Conversation, position: int, since: datetime | None = None) -> Message:
    """A pending reply at this position, to be saved under the conversation's lock.

    `since`: when it was asked for, if not now.
    """
    return Message(
        conversation=conversation,
        position=position,
        role=Message.Role.ASSISTANT,
        state=Message.State.PENDING,
        due_at=Now(),
        deadline=(since or Now()) + ANSWER_WITHIN,
    )


def owe(conversation: Conversation, position: int, since: datetime | None = None) -> Message:
    """A pending reply, stored; the caller holds the conversation's lock."""
    reply = owed(conversation, position, since)
    reply.save(force_insert=True)
    return reply


def _locked(public_id: uuid.UUID, visitor: str, address: str) -> Conversation:
    """The visitor's conversation of this address, begun if need be. Raises NotYours."""
    if not visitor:
        raise NotYours
    conversation = statements.begun(public_id)
    if conversation is None:
        # Two first messages at once: one inserts, the other finds what it inserted.
        Conversation.objects.bulk_create(
            [Conversation(public_id=public_id, visitor=visitor, address=address)],
            ignore_conflicts=True,
        )
        conversation = statements.begun(public_id)
        assert conversation is not None
    if conversation.visitor != visitor:
        raise NotYours
    return conversation


def _standing(
    conversation: Conversation, client_id: uuid.UUID
) -> tuple[Message | None, Message | None]:
    """What was said with this client id, and the reply that is open."""
    said = reply = None
    # Nearly always none.
    ids = statements.standing(conversation.pk, client_id)
    for message in conversation.messages.filter(id__in=ids).order_by() if ids else ():
        if message.client_id == client_id:
            said = message
        else:
            reply = message
    return said, reply


def _moved(reply: Message, position: int) -> bool:
    """Whether the reply was still unbegun, and now stands behind the new message."""
    reply.position = position
    return bool(
        Message.objects.filter(id=reply.pk, state=Message.State.PENDING).update(position=position)
    )
