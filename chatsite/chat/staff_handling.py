"""Keeps when people were asked for, came, answered and were done; callers hold the lock."""

from django.contrib.auth.models import AbstractBaseUser

from billing import clock
from chatsite.chat import displayed_messages, outgoing_events
from chatsite.chat.models import Conversation, Handling
from chatsite.webhooks.models import Kind

End = Handling.End


def asked(conversation: Conversation) -> None:
    """The customer wants a person."""
    now = clock.now()
    _open(conversation, begun_at=now, asked_at=now)
    outgoing_events.happened(
        conversation,
        Kind.ASKED,
        asked_at=now.isoformat(),
        question=displayed_messages.newest_question(conversation),
    )


def taken(conversation: Conversation, person: AbstractBaseUser) -> None:
    handling = _open(conversation, begun_at=clock.now())
    handling.taken_at = handling.taken_at or clock.now()
    handling.person_id = person.pk
    handling.save(update_fields=["taken_at", "person"])


def answered(conversation: Conversation) -> None:
    """By the person who has taken it over."""
    first = conversation.handlings.filter(ended_at=None, answered_at=None)
    first.update(answered_at=clock.now())


def ended(conversation: Conversation, how: Handling.End) -> None:
    conversation.handlings.filter(ended_at=None).update(ended_at=clock.now(), end=how)


def _open(conversation: Conversation, **fields: object) -> Handling:
    return conversation.handlings.get_or_create(ended_at=None, defaults=fields)[0]
