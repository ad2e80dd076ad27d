"""Private notes, and the colleagues who can be mentioned in one."""

import re

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import QuerySet

from chatsite.chat.actions.ask import cleaned
from chatsite.chat.models import Conversation
from chatsite.inbox.models import Note
from chatsite.staff import accounts

_MENTION = re.compile(r"@([\w.+-]+)")


def team() -> "QuerySet[User]":
    """Who may answer customers."""
    people = accounts.with_right("take_over", User.objects.filter(is_active=True))
    return people.order_by("first_name", "username")


def write(conversation: Conversation, author: AbstractBaseUser, text: str) -> Note | None:
    """Store the note with whom it mentions (@name); None for one without a word."""
    text = cleaned(text)[: settings.MESSAGE_LENGTH]
    if not text:
        return None
    with transaction.atomic():
        note = Note.objects.create(conversation=conversation, author_id=author.pk, text=text)
        names = {name.rstrip(".").lower() for name in _MENTION.findall(text)}
        if names:
            note.mentioned.set(
                person for person in team() if person.get_username().lower() in names
            )
    return note
