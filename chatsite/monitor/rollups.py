"""Counts answers by the hour, so that the quality page reads a few thousand rows of a million.

An hour is counted anew, whole, as soon as anything in it has changed: a rating, a label, a retry.
A count is therefore never off for longer than until the next look, and counting twice is harmless.
Its day, by the site's clock, is then added up again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour
from django.utils import timezone

from billing.models import LedgerEntry
from chatsite.chat.models import Message
from chatsite.monitor.models import AnswerCounts, AnswerDay, AnswerHour, Refresh
from chatsite.quality.models import QualityLabel
from routing.models import AnswerCheck, RouteDecision

HOUR = timedelta(hours=1)
# Margin before the last refresh, for transactions that were still open then.
OVERLAP = timedelta(minutes=5)
# Replies whose references fit into one statement of SQLite.
BATCH = 500
# Seconds up to which answers are counted together, as AnswerHour names them.
BOUNDS = (1, 2, 4, 8, 16, 32)
# The same for first words, in milliseconds.
FIRST_BOUNDS = (250, 500, 1000, 2000, 4000, 8000)
Source = QualityLabel.Source
ENDED = (Message.State.COMPLETE, Message.State.CUT, Message.State.FAILED)
STAFF = Message.Role.STAFF
ESCALATED = {AnswerCheck.Outcome.ESCALATED, AnswerCheck.Outcome.REPLACED}
# What the answers of a row have in common, and what is counted of them.
KINDS = ("tier", "model", "task_type", "policy", "failure", "language")
COUNTED = tuple(field.name for field in AnswerCounts._meta.local_fields if field.name not in KINDS)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one answer, beside its own row."""

    decision: RouteDecision | None
    check: AnswerCheck | None
    model: str
    judged: QualityLabel | None
    asked_again: bool
    handed_over: bool
    is_last: bool  # in its conversation, so far
    is_rated: bool  # it, another answer of its conversation, or all of it


def refresh(now: datetime) -> int:
    """Count the hours anew in which something has changed since the last look; returns how many."""
    last = Refresh.objects.filter(id=1).first()
    hours = changed_hours(last.at - OVERLAP if last else None)
    for hour in hours:
        count(hour)
    if last and last.zone == settings.TIME_ZONE:
        add_up({midnight(hour) for hour in hours})
    else:
        add_up(None)
    Refresh.objects.update_or_create(id=1, defaults={"at": now, "zone": settings.TIME_ZONE})
    return len(hours)


def midnight(moment: datetime) -> datetime:
    """When its day began by the site's clock."""
    return timezone.localtime(moment, timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )


def add_up(days: Collection[datetime] | None) -> None:
    """Sum the hours of these days, in place of what was summed before; None: of all there are."""
    if days is None:
        with transaction.atomic():
            AnswerDay.objects.all().delete()
            _sum(AnswerHour.objects.all())
        return
    for day in days:
        with transaction.atomic():
            AnswerDay.objects.filter(day=day).delete()
            # The next midnight, also where a day has 23 or 25 hours.
            end = midnight(day + timedelta(hours=36))
            _sum(AnswerHour.objects.filter(hour__gte=day, hour__lt=end))


def _sum(hours: QuerySet[AnswerHour]) -> None:
    by_day = hours.order_by().annotate(day=TruncDay("hour", tzinfo=timezone.get_default_timezone()))
    rows = by_day.values("day", *KINDS).annotate(**{f"all_{name}": Sum(name) for name in COUNTED})
    AnswerDay.objects.bulk_create(
        (
            AnswerDay(
                day=row["day"],
                **{name: row[name] for name in KINDS},
                **{name: row[f"all_{name}"] for name in COUNTED},
            )
            for row in rows.iterator()
        ),
        batch_size=BATCH,
    )


def changed_hours(since: datetime | None) -> list[datetime]:
    """The hours of answers that ended, were rated, asked anew or judged since then; None: all."""
    replies = Message.objects.filter(role=Message.Role.ASSISTANT)
    if since is None:
        return sorted(_hours(replies, "ended_at"))
    touched = replies.filter(conversation__active_at__gte=since)
    judged = replies.filter(labels__said_at__gte=since, labels__source=Source.JUDGED)
    begun = _hours(touched, "created_at")
    # An answer that is asked anew has no end for now: it was counted when it began, or soon after.
    soon_after = {hour + HOUR for hour in begun}
    return sorted(_hours(touched, "ended_at") | begun | soon_after | _hours(judged, "ended_at"))


def count(hour: datetime) -> None:
    """Count the answers that ended in this hour, in place of what was counted before."""
    rows: defaultdict[tuple[str, str, str, int, str, str], Counter[str]] = defaultdict(Counter)
    replies = Message.objects.filter(
        role=Message.Role.ASSISTANT, state__in=ENDED, ended_at__gte=hour, ended_at__lt=hour + HOUR
    )
    for part in _parts(replies.select_related("conversation").order_by("id").iterator(BATCH)):
        facts = _facts(part)
        for reply in part:
            known = facts[reply.pk]
            rows[_kind(reply, known)].update(_counts(reply, known))
    with transaction.atomic():
        AnswerHour.objects.filter(hour=hour).delete()
        AnswerHour.objects.bulk_create(
            AnswerHour(hour=hour, **dict(zip(KINDS, kind, strict=True)), **counts)
            for kind, counts in rows.items()
        )


def _hours(replies: QuerySet[Message], field: str) -> set[datetime]:
    ended = replies.exclude(**{field: None}).annotate(hour=TruncHour(field, tzinfo=UTC))
    return set(ended.order_by().values_list("hour", flat=True))


def _parts(replies: Iterator[Message]) -> Iterator[list[Message]]:
    while part := list(islice(replies, BATCH)):
        yield part


def _facts(replies: list[Message]) -> dict[int, Facts]:
    """Five queries, however many replies there are."""
    conversations = {reply.conversation_id for reply in replies}
    following, rated, last = _following(conversations)
    references = {reply.reference for reply in replies}
    references |= {f"reply:{number}" for number, role in following.values() if role != STAFF}
    decisions = RouteDecision.objects.filter(reference__in=references).select_related("policy")
    decided = {each.reference: each for each in decisions}
    checks = AnswerCheck.objects.filter(reference__in=[reply.reference for reply in replies])
    checked = {each.reference: each for each in checks}
    calls = [reply.charge_reference for reply in replies]
    entries = LedgerEntry.objects.filter(reference__in=calls)
    asked = dict(entries.values_list("reference", "model_requested"))
    labels = QualityLabel.objects.filter(reply__in=replies, source=Source.JUDGED)
    judged = {label.reply_id: label for label in labels}
    found = {}
    for reply in replies:
        number, role = following.get(reply.pk, (0, ""))
        next_turn = decided.get(f"reply:{number}")
        waits = not number and reply.conversation.wants_person_since is not None
        found[reply.pk] = Facts(
            decision=decided.get(reply.reference),
            check=checked.get(reply.reference),
            model=asked.get(reply.charge_reference, ""),
            judged=judged.get(reply.pk),
            asked_again=bool(next_turn and next_turn.features.get("again")),
            handed_over=waits or role == STAFF,
            is_last=reply.pk in last and not waits,
            is_rated=reply.conversation_id in rated or reply.conversation.satisfaction is not None,
        )
    return found


def _following(
    conversations: set[int],
) -> tuple[dict[int, tuple[int, str]], set[int], set[int]]:
    """By a reply's id, the id and role of the next message that is not the customer's; the
    conversations of which an answer was rated; and the last message of each.
    """
    messages = Message.objects.filter(conversation__in=conversations)
    ordered = messages.order_by("conversation", "position")
    rows = list(ordered.values_list("id", "role", "conversation", "rating"))
    rated = {held for _, _, held, rating in rows if rating is not None}
    last = {held: number for number, _, held, _ in rows}
    spoken = [row for row in rows if row[1] != Message.Role.CUSTOMER]
    following = {
        first: (second, role)
        for (first, _, held, _), (second, role, also, _) in pairwise(spoken)
        if held == also
    }
    return following, rated, set(last.values())


def _kind(reply: Message, facts: Facts) -> tuple[str, str, str, int, str, str]:
    decision = facts.decision
    return (
        reply.tier,
        facts.model,
        decision.task_type if decision else "",
        decision.policy.version if decision else 0,
        reply.failure,
        reply.language,
    )


def _counts(reply: Message, facts: Facts) -> dict[str, float]:
    check, judged = facts.check, facts.judged
    again = reply.retries > 0 or facts.asked_again
    unhelpful = reply.rating == Message.Rating.BAD
    is_whole = reply.state == Message.State.COMPLETE
    counts: dict[str, float] = {
        "answers": 1,
        "helpful": reply.rating == Message.Rating.GOOD,
        "unhelpful": unhelpful,
        "asked_again": again,
        "handed_over": facts.handed_over,
        "resolved": is_whole and not (again or facts.handed_over or unhelpful),
        "with_sources": is_whole and bool(reply.sources),
        "checked": check is not None,
        "doubted": check is not None and check.doubt >= check.threshold,
        "escalated": check is not None and check.outcome in ESCALATED,
    }
    if facts.is_last:
        counts |= {
            "last": 1,
            "last_failed": not is_whole,
            "last_unrated": is_whole and not facts.is_rated,
        }
    if judged:
        counts |= {"judged": 1, "judged_cheap": judged.cheap}
        if judged.strong is not None:
            counts |= {"judged_both": 1, "judged_strong": judged.strong}
    if reply.ended_at:
        seconds = (reply.ended_at - reply.created_at).total_seconds()
        counts |= {f"within_{bound}": seconds <= bound for bound in BOUNDS}
    if (first := reply.first_words_ms) is not None:
        counts |= {"first_words": 1}
        counts |= {f"first_within_{bound}": first <= bound for bound in FIRST_BOUNDS}
    return counts
