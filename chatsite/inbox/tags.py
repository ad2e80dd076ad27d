"""Words by which staff find conversations again, and the views that they keep."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.text import slugify

from chatsite.chat.models import Conversation
from chatsite.inbox.models import SavedView, Tag
from chatsite.inbox.queues import Narrowed, Queue

# Of a conversation, and the views of a person.
MOST_TAGS, MOST_VIEWS = 12, 20


def add(conversation: Conversation, name: str) -> Tag | None:
    """None for a name without a letter, and where there are enough. Repeatable."""
    slug = slugify(name, allow_unicode=True)[:40]
    if not slug:
        return None
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        if conversation.tags.count() >= MOST_TAGS:
            return None
        tag, _ = Tag.objects.get_or_create(name=slug)
        tag.conversations.add(conversation)
    return tag


def remove(conversation: Conversation, name: str) -> None:
    """Repeatable."""
    for tag in conversation.tags.filter(name=name):
        tag.conversations.remove(conversation)


def keep_view(person: AbstractBaseUser, name: str, queue: Queue, narrowed: Narrowed) -> None:
    """Under a name that replaces the person's own of the same name; nothing without a name."""
    name = " ".join(name.split())[:40]
    if not name or SavedView.objects.filter(person_id=person.pk).count() >= MOST_VIEWS:
        return
    SavedView.objects.update_or_create(
        person_id=person.pk,
        name=name,
        defaults={"queue": queue, "words": narrowed.words[:100], "tag": narrowed.tag[:40]},
    )


def forget_view(person: AbstractBaseUser, name: str) -> None:
    SavedView.objects.filter(person_id=person.pk, name=name).delete()
