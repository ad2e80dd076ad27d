"""Gaps in the articles: questions that went badly, grouped, and articles that nobody needs.

Looked for at night. What is kept are numbers: whose conversation is deleted is not quoted any more.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.text import Truncator

from chatsite.chat.models import Message
from chatsite.knowledge.models import Article
from chatsite.monitor.answers_page import CHECK
from chatsite.monitor.gaps import question_similarity
from chatsite.quality import nightly_results
from chatsite.quality.nightly_results import Found, Kept

NAME = "gaps"

# How far back is looked, and at how many questions: those that went badly, the newest.
DAYS = timedelta(days=30)
MOST = 1000
# Answers whose sources are counted, the newest.
MOST_ANSWERS = 20_000
# Groups and articles shown.
SHOWN = 25
# Characters of a question on a line.
LENGTH = 120
# Answers of a group that a draft is written from.
MOST_REPLIES = 20


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask the same and went badly, with why, and how often lately and before."""

    question: str
    count: int
    lately: int  # in the newer half of the days
    nothing_found: int
    doubted: int
    unhelpful: int
    handed_over: int
    reply: int  # the newest, by whose question the group is named
    conversation: int
    replies: tuple[int, ...]

    @property
    def trend(self) -> str:
        before = self.count - self.lately
        if self.lately > 2 * before:
            return "rising"
        return "falling" if before > 2 * self.lately else "steady"


@dataclass(frozen=True, slots=True)
class Use:
    """How often answers used an article, and how often they were rated unhelpful."""

    title: str
    pk: int
    used: int
    unhelpful: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """What one night found; `at`: when."""

    gaps: Sequence[Gap]
    unused: Sequence[Use]
    unhelpful: Sequence[Use]
    at: datetime


def read(now: datetime, kept: Kept | None = None) -> Gaps:
    """The last night's, with the customers' words; two queries."""
    night = nightly_results.read(NAME, work_out, now, kept)
    replies = Message.objects.filter(pk__in=[each["reply"] for each in night.found["gaps"]])
    questions = {each.pk: vars(each)["question"] for each in _asked(replies.only("pk"))}
    return Gaps(
        gaps=[
            Gap(**{**each, "question": _shortened(questions[each["reply"]])})
            for each in night.found["gaps"]
            if each["reply"] in questions
        ],
        unused=[Use(**each) for each in night.found["unused"]],
        unhelpful=[Use(**each) for each in night.found["unhelpful"]],
        at=night.at,
    )


def renew(now: datetime) -> None:
    """Look for them anew and keep what is found."""
    nightly_results.keep(NAME, work_out(now), now)


def work_out(now: datetime) -> Found:
    unused, unhelpful = uses(now)
    return {
        "gaps": [asdict(gap) | {"question": ""} for gap in found(now)],
        "unused": [asdict(use) for use in unused],
        "unhelpful": [asdict(use) for use in unhelpful],
    }


def found(now: datetime) -> list[Gap]:
    """The largest groups of questions that went badly; one query."""
    rows = list(_bad(now)[:MOST])
    texts = [vars(row)["question"] or "" for row in rows]
    gaps = [
        _gap([rows[place] for place in group], now) for group in question_similarity.groups(texts)
    ]
    return gaps[:SHOWN]


def uses(now: datetime) -> tuple[list[Use], list[Use]]:
    """Articles that no answer used, and those whose answers are rated unhelpful; two queries."""
    answers = Message.objects.filter(
        role=Message.Role.ASSISTANT, state=Message.State.COMPLETE, ended_at__gte=now - DAYS
    ).order_by("-ended_at")
    used: Counter[str] = Counter()
    unhelpful: Counter[str] = Counter()
    for sources, rating in answers.values_list("sources", "rating")[:MOST_ANSWERS]:
        urls = {source["url"] for source in sources}
        used.update(urls)
        if rating == Message.Rating.BAD:
            unhelpful.update(urls)
    every = []
    for article in Article.objects.published().only("title", "slug"):
        url = article.get_absolute_url()
        every.append(Use(article.title, article.pk, used[url], unhelpful[url]))
    unused = [each for each in every if not each.used] if used else []
    rated = sorted((each for each in every if each.unhelpful), key=lambda each: -each.unhelpful)
    return unused[:SHOWN], rated[:SHOWN]


def _asked(replies: QuerySet[Message]) -> QuerySet[Message]:
    """With the customer's words before each."""
    before = Message.objects.filter(
        conversation=OuterRef("conversation"),
        position__lt=OuterRef("position"),
        role=Message.Role.CUSTOMER,
    ).order_by("-position")
    return replies.annotate(question=Subquery(before.values("text")[:1]))


def _shortened(question: str | None) -> str:
    return Truncator(" ".join((question or "").split())).chars(LENGTH)


def _bad(now: datetime) -> QuerySet[Message]:
    person = Message.objects.filter(
        conversation=OuterRef("conversation"),
        position__gt=OuterRef("position"),
        role=Message.Role.STAFF,
    )
    return (
        _asked(Message.objects.filter(role=Message.Role.ASSISTANT, ended_at__gte=now - DAYS))
        .exclude(tier="")
        .annotate(
            is_doubted=Exists(CHECK.filter(doubt__gte=F("threshold"))),
            is_handed=Exists(person),
        )
        .filter(
            Q(sources=[], state=Message.State.COMPLETE)
            | Q(rating=Message.Rating.BAD)
            | Q(is_doubted=True)
            | Q(is_handed=True)
        )
        .order_by("-ended_at")
    )


def _gap(rows: list[Message], now: datetime) -> Gap:
    known = [vars(row) for row in rows]
    recent = now - DAYS / 2
    return Gap(
        question=_shortened(known[0]["question"]),
        count=len(rows),
        lately=sum(row.ended_at is not None and row.ended_at >= recent for row in rows),
        nothing_found=sum(not row.sources for row in rows),
        doubted=sum(each["is_doubted"] for each in known),
        unhelpful=sum(row.rating == Message.Rating.BAD for row in rows),
        handed_over=sum(each["is_handed"] for each in known),
        reply=rows[0].pk,
        conversation=rows[0].conversation_id,
        # Those that a person answered first: an article is drafted from them.
        replies=tuple(row.pk for row in sorted(rows, key=lambda row: not vars(row)["is_handed"]))[
            :MOST_REPLIES
        ],
    )
