"""The queues of the inbox, and what a line of one says."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.timesince import timesince

from chatsite.chat.admin import conversation_rows, conversation_search
from chatsite.chat.models import Conversation, Message
from chatsite.inbox.models import Note, Tag

# Lines of a queue; what is beyond is found by searching.
MOST = 50
_SAID = (
    *("id", "wants_person_since", "active_at", "first_question", "newest_role"),
    *("handled_by__first_name", "handled_by__username"),
)


# Seconds for which inboxes that are told of the same share what the first of them reads. They are
# told later than that after it came, so what they get holds it.
SHARED = 0.25
T = TypeVar("T")
_found: dict[str, tuple[float, object]] = {}
_reading: defaultdict[str, Lock] = defaultdict(Lock)


class Queue(TextChoices):
    WAITING = "waiting", "Waiting"
    MINE = "mine", "Mine"
    MENTIONED = "mentioned", "Mentioned"
    COLLEAGUES = "colleagues", "Colleagues"
    ASSISTANT = "assistant", "With the assistant"
    ALL = "all", "All open"
    SNOOZED = "snoozed", "Snoozed"
    RESOLVED = "resolved", "Resolved"


# What one of these holds depends on who looks.
_OWN = {Queue.MINE, Queue.MENTIONED, Queue.COLLEAGUES}


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

    id: int
    question: str
    since: datetime
    waited: str  # for anybody; blank where it does not
    handler: str
    is_unanswered: bool  # the customer wrote last
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Count:
    """Of one handler's conversations, or of those without one."""

    current: int
    snoozed: int


_NONE = _Count(0, 0)


def conversations(queue: Queue, person: AbstractBaseUser, now: datetime) -> QuerySet[Conversation]:
    """In the order in which they are to be looked at."""
    found = Conversation.objects.filter(_conditions(person, now)[queue])
    if queue == Queue.WAITING:
        return found.order_by("wants_person_since", "id")
    if queue == Queue.SNOOZED:
        return found.order_by("snoozed_until", "id")
    return found.order_by("-active_at", "-id")


def counts(person: AbstractBaseUser, now: datetime, *, shared: bool = False) -> dict[str, int]:
    """How many conversations each queue holds that is to be emptied; one query for everybody."""
    found = _read_once("counts", lambda: _by_handler(now)) if shared else _by_handler(now)
    mine = found.get(person.pk, _NONE)
    handled = sum(each.current for handler, each in found.items() if handler is not None)
    return {
        Queue.WAITING.value: found.get(None, _NONE).current,
        Queue.MINE.value: mine.current,
        Queue.COLLEAGUES.value: handled - mine.current,
        Queue.SNOOZED.value: sum(each.snoozed for each in found.values()),
    }


def lines(
    queue: Queue,
    person: AbstractBaseUser,
    now: datetime | None = None,
    narrowed: Narrowed | None = None,
    *,
    shared: bool = False,
) -> list[Line]:
    """`shared`: as it stood at most SHARED seconds ago, so that inboxes read it together."""
    if shared and queue not in _OWN and narrowed in {None, Narrowed()}:
        return _read_once(queue, lambda: lines(queue, person, now))
    held = conversations(queue, person, now or timezone.now())
    found = narrowed.of(held) if narrowed else held
    rows = list(
        found.annotate(
            first_question=conversation_rows.first_question(),
            newest_role=conversation_rows.newest("role"),
        ).values(*_SAID)[:MOST]
    )
    tags = _tags([row["id"] for row in rows])
    return [_line(row, tags[row["id"]]) for row in rows]


def name(person: AbstractBaseUser) -> str:
    """As colleagues call them."""
    return getattr(person, "first_name", "") or person.get_username()


def waited(since: datetime) -> str:
    """How long, in words."""
    words = timesince(since)
    return "under a minute" if words == "0\xa0minutes" else words


def _read_once(what: str, read: Callable[[], T]) -> T:
    """What was read less than SHARED seconds ago; who comes meanwhile waits for it."""
    with _reading[what]:
        begun = time.monotonic()
        at, found = _found.get(what, (-SHARED, None))
        if begun >= at + SHARED:
            found = read()
            _found[what] = begun, found
    return cast(T, found)


def _by_handler(now: datetime) -> dict[int | None, _Count]:
    """Of the conversations that somebody answers or waits in, and of those put aside."""
    asleep = Q(snoozed_until__gt=now)
    found = Conversation.objects.filter(
        Q(wants_person_since__isnull=False) | Q(handled_by__isnull=False) | asleep,
        resolved_at__isnull=True,
    ).order_by()
    rows = found.values_list("handled_by").annotate(
        total=Count("id"), snoozed=Count("id", filter=asleep)
    )
    return {handler: _Count(total - snoozed, snoozed) for handler, total, snoozed in rows}


def _line(row: Mapping[str, Any], tags: Sequence[str]) -> Line:
    handler = row["handled_by__first_name"] or row["handled_by__username"] or ""
    return Line(
        id=row["id"],
        question=" ".join(row["first_question"].split())[: conversation_rows.SHOWN],
        since=row["wants_person_since"] or row["active_at"],
        waited=waited(row["wants_person_since"])
        if row["wants_person_since"] and not handler
        else "",
        handler=handler,
        is_unanswered=row["newest_role"] == Message.Role.CUSTOMER,
        tags=tuple(tags),
    )


def _tags(conversations: Sequence[int]) -> dict[int, list[str]]:
    tagged = Tag.conversations.through.objects.filter(conversation__in=conversations)
    found: dict[int, list[str]] = defaultdict(list)
    for conversation, tag in tagged.order_by("tag__name").values_list("conversation", "tag__name"):
        found[conversation].append(tag)
    return found


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
