"""The queues of the inbox, and what a line of one says."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils import timezone

from chatsite.chat.admin import conversation_rows, conversation_search
from chatsite.chat.models import Conversation, Message
from chatsite.inbox.models import Note

# Lines of a queue; what is beyond is found by searching.
MOST = 50


class Queue(TextChoices):
    WAITING = "waiting", "Waiting"
    MINE = "mine", "Mine"
    MENTIONED = "mentioned", "Mentioned"
    COLLEAGUES = "colleagues", "Colleagues"
    ASSISTANT = "assistant", "With the assistant"
    ALL = "all", "All open"
    SNOOZED = "snoozed", "Snoozed"
    RESOLVED = "resolved", "Resolved"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """To conversations in which all these words were said, and to those with a tag."""

    words: str = ""
    tag: str = ""

    def of(self, found: QuerySet[Conversation]) -> QuerySet[Conversation]:
        if self.tag:
            found = found.filter(tags__name=self.tag)
        terms = self.words.split()
        return conversation_search.holding(found, terms) if terms else found


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation of a queue. `since`: when a person was asked for, or its last news."""

    conversation: Conversation
    question: str
    since: datetime
    handler: str
    is_unanswered: bool  # the customer wrote last
    tags: tuple[str, ...]


def conversations(queue: Queue, person: AbstractBaseUser, now: datetime) -> QuerySet[Conversation]:
    """In the order in which they are to be looked at."""
    found = Conversation.objects.filter(_conditions(person, now)[queue])
    if queue == Queue.WAITING:
        return found.order_by("wants_person_since", "id")
    if queue == Queue.SNOOZED:
        return found.order_by("snoozed_until", "id")
    return found.order_by("-active_at", "-id")


def counts(person: AbstractBaseUser, now: datetime) -> dict[str, int]:
    """How many conversations each queue holds that is to be emptied; one query."""
    conditions = _conditions(person, now)
    small = (Queue.WAITING, Queue.MINE, Queue.COLLEAGUES, Queue.SNOOZED)
    open_ones = Conversation.objects.filter(
        Q(wants_person_since__isnull=False)
        | Q(handled_by__isnull=False)
        | conditions[Queue.SNOOZED]
    )
    return open_ones.aggregate(
        **{queue.value: Count("id", filter=conditions[queue]) for queue in small}
    )


def lines(
    queue: Queue,
    person: AbstractBaseUser,
    now: datetime | None = None,
    narrowed: Narrowed | None = None,
) -> list[Line]:
    held = conversations(queue, person, now or timezone.now())
    found = conversation_rows.described(narrowed.of(held) if narrowed else held)
    found = found.select_related("handled_by").prefetch_related("tags")
    return [_line(row) for row in found[:MOST]]


def name(person: AbstractBaseUser) -> str:
    """As colleagues call them."""
    return getattr(person, "first_name", "") or person.get_username()


def _line(row: Conversation) -> Line:
    said = vars(row)
    return Line(
        conversation=row,
        question=" ".join(said["first_question"].split())[: conversation_rows.SHOWN],
        since=row.wants_person_since or row.active_at,
        handler=name(row.handled_by) if row.handled_by else "",
        is_unanswered=said["newest_role"] == Message.Role.CUSTOMER,
        tags=tuple(tag.name for tag in row.tags.all()),
    )


def _conditions(person: AbstractBaseUser, now: datetime) -> dict[Queue, Q]:
    asleep = Q(snoozed_until__gt=now)
    mentioned = Note.objects.filter(mentioned=person.pk).values("conversation")
    current = Q(resolved_at__isnull=True) & (
        Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    )
    nobody = Q(handled_by__isnull=True)
    return {
        Queue.WAITING: current & nobody & Q(wants_person_since__isnull=False),
        Queue.MINE: current & Q(handled_by=person.pk),
        Queue.MENTIONED: current & Q(pk__in=mentioned),
        Queue.COLLEAGUES: current & ~nobody & ~Q(handled_by=person.pk),
        Queue.ASSISTANT: current & nobody & Q(wants_person_since__isnull=True),
        Queue.ALL: current,
        Queue.SNOOZED: Q(resolved_at__isnull=True) & asleep,
        Queue.RESOLVED: Q(resolved_at__isnull=False),
    }
