"""The queues of the inbox, and what a line of one says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from chatsite.chat.admin import conversation_rows, conversation_search
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import jinja_templates
from chatsite.inbox.models import Note, Tag

# Lines of a queue; what is beyond is found by searching.
MOST = 50
_SAID = (
    *("id", "wants_person_since", "active_at", "first_question", "newest_role"),
    *("handled_by__first_name", "handled_by__username"),
)


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
OWN = {Queue.MINE, Queue.MENTIONED, Queue.COLLEAGUES}


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
class HandlerCount:
    """Of one handler's conversations, or of those without one."""

    current: int
    snoozed: int


_NONE = HandlerCount(0, 0)


def conversations(queue: Queue, person: AbstractBaseUser, now: datetime) -> QuerySet[Conversation]:
    """In the order in which they are to be looked at."""
    found = Conversation.objects.filter(_conditions(person, now)[queue])
    if queue == Queue.WAITING:
        return found.order_by("wants_person_since", "id")
    if queue == Queue.SNOOZED:
        return found.order_by("snoozed_until", "id")
    return found.order_by("-active_at", "-id")


def counts(
    person: AbstractBaseUser,
    found: Mapping[int | None, HandlerCount],
    mentioned: Mapping[int, int],
) -> dict[str, int]:
    """How many conversations each queue holds that is to be emptied."""
    mine = found.get(person.pk, _NONE)
    handled = sum(each.current for handler, each in found.items() if handler is not None)
    return {
        Queue.WAITING.value: found.get(None, _NONE).current,
        Queue.MINE.value: mine.current,
        Queue.MENTIONED.value: mentioned.get(person.pk, 0),
        Queue.COLLEAGUES.value: handled - mine.current,
        Queue.SNOOZED.value: sum(each.snoozed for each in found.values()),
    }


def by_handler(now: datetime) -> dict[int | None, HandlerCount]:
    """Of the conversations that somebody answers or waits in, and of those put aside."""
    asleep = Q(snoozed_until__gt=now)
    found = Conversation.objects.filter(
        Q(wants_person_since__isnull=False) | Q(handled_by__isnull=False) | asleep,
        resolved_at__isnull=True,
    ).order_by()
    rows = found.values_list("handled_by").annotate(
        total=Count("id"), snoozed=Count("id", filter=asleep)
    )
    return {handler: HandlerCount(total - snoozed, snoozed) for handler, total, snoozed in rows}


def mentions(people: Iterable[int], now: datetime) -> dict[int, int]:
    """In how many open conversations each of them is mentioned."""
    awake = Q(note__conversation__snoozed_until=None) | Q(
        note__conversation__snoozed_until__lte=now
    )
    found = Note.mentioned.through.objects.filter(
        awake, user__in=list(people), note__conversation__resolved_at=None
    )
    rows = found.values_list("user").annotate(total=Count("note__conversation", distinct=True))
    return dict(rows)


def lines(
    queue: Queue, person: AbstractBaseUser, now: datetime, narrowed: Narrowed | None = None
) -> list[Line]:
    held = conversations(queue, person, now)
    found = narrowed.of(held) if narrowed else held
    rows = list(
        found.annotate(
            first_question=conversation_rows.first_question(),
            newest_role=conversation_rows.newest("role"),
        ).values(*_SAID)[:MOST]
    )
    tags = _tags([row["id"] for row in rows])
    return [_line(row, tags[row["id"]]) for row in rows]


def lines_html(
    queue: Queue,
    person: AbstractBaseUser,
    now: datetime,
    narrowed: Narrowed | None = None,
    open_id: int = 0,
) -> SafeString:
    """For everybody alike who shows the queue, unless it is one of OWN."""
    narrowed = narrowed or Narrowed()
    shown = {
        "queue": queue,
        "narrowed": narrowed,
        "lines": lines(queue, person, now, narrowed),
        "query": query(queue, narrowed),
        "open_id": open_id,
    }
    return jinja_templates.html("inbox/queue_lines.html", shown)


def tabs(queue: Queue, count: Mapping[str, int]) -> dict[str, object]:
    """For the list of queues, in which `queue` is the chosen one."""
    return {
        "queue": queue,
        "tabs": [(each, count.get(each.value)) for each in Queue],
        "waiting": count[Queue.WAITING.value],
    }


def query(queue: Queue, narrowed: Narrowed) -> str:
    """Of the address of a page that shows it."""
    fields = {"queue": queue.value, "q": narrowed.words, "tag": narrowed.tag}
    return urlencode({name: value for name, value in fields.items() if value})


def name(person: AbstractBaseUser) -> str:
    """As colleagues call them."""
    return getattr(person, "first_name", "") or person.get_username()


def waited(since: datetime) -> str:
    """How long, in words."""
    words = timesince(since)
    return "under a minute" if words == "0\xa0minutes" else words


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
