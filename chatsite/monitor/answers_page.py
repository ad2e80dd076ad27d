"""The answers behind a number of the quality page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.text import Truncator

from chatsite.chat.models import Message
from chatsite.monitor.quality_sums import FILTERS, UNKNOWN
from chatsite.quality.models import QualityLabel
from chatsite.staff.paging import MOST_LISTED
from routing.models import AnswerCheck, RouteDecision

# Characters of a question or an answer on a line.
SHOWN = 120
# An answer that took so long is listed as slow.
SLOW = timedelta(seconds=8)
# An answer is checked so long before or after its end.
AROUND = timedelta(hours=1)
# Doubted answers that are looked through for those with a property, the newest.
MOST_DOUBTED = 5_000
# Seconds until its first words from which an answer is listed as begun late.
LATE = 2
REFERENCE = Concat(Value("reply:"), Cast(OuterRef("pk"), CharField()))
DECISION = RouteDecision.objects.filter(reference=REFERENCE)
CHECK = AnswerCheck.objects.filter(reference=REFERENCE)


@dataclass(frozen=True, slots=True)
class Kind:
    title: str
    where: Q


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as the list shows it."""

    pk: int
    question: str
    answer: str
    tier: str
    score: float | None
    doubt: float | None
    state: str
    note: str
    ended_at: datetime | None
    url: str


# All that was said in an answer's conversation.
SAME = Message.objects.filter(conversation=OuterRef("conversation"))
GOOD, BAD = Message.Rating.GOOD, Message.Rating.BAD
KINDS = {
    "all": Kind("Answers", Q()),
    "rated": Kind("Rated answers", Q(rating__isnull=False)),
    "unhelpful": Kind("Answers rated unhelpful", Q(rating=BAD)),
    "doubted": Kind("Doubted answers", Q()),  # see `_doubted`
    "failed": Kind("Failed and cut answers", ~Q(failure="")),
    "judged": Kind(
        "Judged answers",
        Q(
            Exists(
                QualityLabel.objects.filter(reply=OuterRef("pk"), source=QualityLabel.Source.JUDGED)
            )
        ),
    ),
    "unresolved": Kind(
        "Answers that did not help",
        Q(rating=BAD)
        | ~Q(failure="")
        | Q(retries__gt=0)
        | Q(
            Exists(
                Message.objects.filter(
                    conversation=OuterRef("conversation"),
                    position__gt=OuterRef("position"),
                    role=Message.Role.STAFF,
                )
            )
        ),
    ),
    "ended": Kind(
        "Last answers of conversations that ended without an answer or a rating",
        Q(conversation__wants_person_since=None)
        & ~Q(Exists(SAME.filter(position__gt=OuterRef("position"))))
        & (
            ~Q(state=Message.State.COMPLETE)
            | Q(conversation__satisfaction=None) & ~Q(Exists(SAME.filter(rating__isnull=False)))
        ),
    ),
    "slow": Kind(
        f"Answers that took {SLOW.seconds} seconds or more",
        Q(ended_at__gte=F("created_at") + SLOW),
    ),
    "late": Kind(
        f"Answers whose first words took {LATE} seconds or more",
        Q(first_words_ms__gte=1000 * LATE),
    ),
}


def between(
    start: datetime, end: datetime, kind: Kind, filters: Mapping[str, str]
) -> QuerySet[Message]:
    """Answers that ended between these times, of one kind and with these properties."""
    found = Message.objects.filter(
        kind.where, role=Message.Role.ASSISTANT, ended_at__gte=start, ended_at__lt=end
    )
    if kind is KINDS["doubted"]:
        narrowed = any(filters.get(name) for name in FILTERS)
        most = MOST_DOUBTED if narrowed else MOST_LISTED
        found = found.filter(pk__in=_doubted(start, end, most))
    if tier := filters.get("tier"):
        found = found.filter(tier=tier)
    if task_type := filters.get("task_type"):
        found = found.filter(Exists(DECISION.filter(task_type=task_type)))
    if (policy := filters.get("policy", "")).isdecimal():
        found = found.filter(Exists(DECISION.filter(policy__version=int(policy))))
    if language := filters.get("language"):
        found = found.filter(language="" if language == UNKNOWN else language)
    return found.order_by("-ended_at", "-id")


def _doubted(start: datetime, end: datetime, most: int) -> list[int]:
    """The newest of this time by their ids. One query.

    Few of a hundred are: to ask each answer for its check took a second of a million.
    """
    checks = AnswerCheck.objects.filter(
        checked_at__gte=start - AROUND, checked_at__lt=end + AROUND, doubt__gte=F("threshold")
    )
    newest = checks.order_by("-checked_at").values_list("reference", flat=True)
    return [int(reference.removeprefix("reply:")) for reference in newest[:most]]


def described(replies: "Iterable[Message] | QuerySet[Message]") -> list[Line]:
    """With their questions, scores and doubts; one query."""
    ids = [reply.pk for reply in replies]
    asked = Message.objects.filter(
        conversation=OuterRef("conversation"),
        position__lt=OuterRef("position"),
        role=Message.Role.CUSTOMER,
    ).order_by("-position")
    found = (
        Message.objects.filter(pk__in=ids)
        .select_related("conversation")
        .annotate(
            question=Subquery(asked.values("text")[:1]),
            score=Subquery(DECISION.values("score")[:1]),
            doubt=Subquery(CHECK.values("doubt")[:1]),
        )
    )
    return [_line(reply) for reply in found.order_by("-ended_at", "-id")]


def _line(reply: Message) -> Line:
    known = vars(reply)
    address = reverse("admin:chat_conversation_change", args=[reply.conversation_id])
    return Line(
        pk=reply.pk,
        question=_short(known["question"] or ""),
        answer=_short(reply.text),
        tier=reply.tier,
        score=known["score"],
        doubt=known["doubt"],
        state=reply.get_state_display(),
        note=reply.rating_note,
        ended_at=reply.ended_at,
        url=f"{address}#message-{reply.pk}",
    )


def _short(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(SHOWN)
