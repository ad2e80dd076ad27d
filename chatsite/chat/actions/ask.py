"""The customer writes: the message is stored, and a reply to it is pending."""

import logging
import re
import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.db import transaction

from chatsite.chat import outgoing_events, pending_reply, sql
from chatsite.chat.attachments import uploads
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import Empty, Ended, NotYours, TooLong
from chatsite.chat.models import Conversation, DeletedConversation, Message
from chatsite.webhooks.models import Kind
from routing.analysis.politeness import is_only_thanks

logger = logging.getLogger(__name__)

# Neither visible nor storable everywhere: PostgreSQL refuses NUL.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def question(
    public_id: uuid.UUID,
    visitor: str,
    text: str,
    client_id: uuid.UUID,
    address: str = "",
    files: Sequence[uuid.UUID] = (),
) -> Change:
    """Store the message and owe it one reply; asking again with the same client id changes nothing.

    A conversation starts with its first message, from the network of `address`, which is a key. A
    message that arrives before the reply was begun joins it; one that arrives while it is written
    is answered by the next. `files`: what this visitor has uploaded for it, which may be all.
    Raises Empty, TooLong, NotYours, Ended, TooManyFiles, FileGone.
    """
    text = _taken(text, files)
    with transaction.atomic():
        conversation = _locked(public_id, visitor, address)
        before = conversation.revision
        said, reply = _known(conversation, client_id) if before else (None, None)
        if said:
            return Change(conversation, before, before, altered=(said,))
        bound = uploads.bind(files, visitor)
        was_resolved = conversation.resolved_at is not None
        # Handed back by a person, who is thanked: the assistant waits for the next question.
        thanks = bool(conversation.handed_back_at and not files and is_only_thanks(text))
        reopened = not thanks and conversation.reopen()
        message = Message(
            conversation=conversation,
            position=conversation.advance(positions=2),
            role=Message.Role.CUSTOMER,
            text=text,
            client_id=client_id,
            files=bound.facts,
        )
        change = _stored(message, reply, before, is_owed=not thanks)
        bound.to(message)
        _tell_programs(message, is_first=not before, was_resolved=was_resolved)
    return replace(change, handed=reopened)


def _tell_programs(message: Message, *, is_first: bool, was_resolved: bool) -> None:
    conversation = message.conversation
    if is_first:
        outgoing_events.happened(conversation, Kind.STARTED)
    elif was_resolved:
        outgoing_events.happened(conversation, Kind.REOPENED)
    outgoing_events.said(conversation, message)


def _taken(text: str, files: Sequence[uuid.UUID]) -> str:
    """Raises Empty, TooLong."""
    text = cleaned(text)
    if not text and not files:
        raise Empty
    if len(text) > settings.MESSAGE_LENGTH:
        raise TooLong(settings.MESSAGE_LENGTH)
    return text


def cleaned(text: str) -> str:
    """What was typed, without what no database stores: control characters, lone surrogates."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
    return text.encode(errors="ignore").decode()


def _stored(message: Message, reply: Message | None, before: int, *, is_owed: bool) -> Change:
    """The message with the reply that it is owed: a new one, or the open one if it can wait."""
    conversation, behind = message.conversation, message.position + 1
    altered: tuple[Message, ...] = ()
    if reply is None and is_owed and conversation.handled_by_id is None:
        reply = pending_reply.new(conversation, behind)
        sql.add(message, reply)
    else:
        sql.add(message)
        reply = reply if reply and _moved(reply, behind) else None
        altered = (reply,) if reply else ()
    if reply is None:
        return Change(conversation, before, conversation.revision, (message,))
    logger.debug("%s asked in %s", reply.reference, conversation.reference)
    added = (message, reply)
    return Change(conversation, before, conversation.revision, added, altered, reply_id=reply.pk)


def _locked(public_id: uuid.UUID, visitor: str, address: str) -> Conversation:
    """The visitor's conversation of this address, begun if need be. Raises NotYours, Ended."""
    if not visitor:
        raise NotYours
    conversation = sql.locked_by_public_id(public_id)
    if conversation is None:
        if DeletedConversation.objects.filter(public_id=public_id).exists():
            raise Ended
        # Two first messages at once: one inserts, the other finds what it inserted.
        Conversation.objects.bulk_create(
            [Conversation(public_id=public_id, visitor=visitor, address=address)],
            ignore_conflicts=True,
        )
        conversation = sql.locked_by_public_id(public_id)
        assert conversation is not None
    if conversation.visitor != visitor:
        raise NotYours
    if conversation.ended_at:
        raise Ended
    return conversation


def _known(
    conversation: Conversation, client_id: uuid.UUID
) -> tuple[Message | None, Message | None]:
    """What was said with this client id, and the reply that is open."""
    said = reply = None
    # Nearly always none.
    ids = sql.sent_or_open(conversation.pk, client_id)
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
