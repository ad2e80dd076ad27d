"""How long customers waited for a person, and with what result, by day and by person."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Subquery

from billing.dashboard.date_ranges import Span
from chatsite.chat.models import Conversation, Handling, Message

NAMES = (
    *("handled", "waited", "waited_90", "first_answer", "resolved", "resolution"),
    *("good", "bad"),
)


@dataclass(slots=True)
class People:
    """Of some conversations; each list is of seconds."""

    name: str
    handled: int = 0
    resolved: int = 0
    good: int = 0
    bad: int = 0
    waits: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    resolutions: list[float] = field(default_factory=list)

    def add(self, each: Handling) -> None:
        self.handled += 1
        if each.asked_at and each.taken_at:
            self.waits.append(_seconds(each.asked_at, each.taken_at))
        if each.answered_at:
            self.answers.append(_seconds(each.begun_at, each.answered_at))
        if each.end == Handling.End.RESOLVED and each.ended_at:
            self.resolved += 1
            self.resolutions.append(_seconds(each.begun_at, each.ended_at))

    @property
    def is_empty(self) -> bool:
        return not (self.handled or self.good or self.bad)

    @property
    def waited(self) -> float | None:
        """From the request until somebody took over; seconds, half waited less."""
        return median(self.waits) if self.waits else None

    @property
    def waited_90(self) -> float | None:
        """Nine of ten waited less."""
        return sorted(self.waits)[(len(self.waits) * 9 - 1) // 10] if self.waits else None

    @property
    def first_answer(self) -> float | None:
        """From the request, or the takeover, to a person's first message."""
        return median(self.answers) if self.answers else None

    @property
    def resolution(self) -> float | None:
        return median(self.resolutions) if self.resolutions else None


@dataclass(frozen=True, slots=True)
class Found:
    total: People
    steps: tuple[People, ...]
    persons: tuple[People, ...]


def read(span: Span) -> Found:
    """What began and what was rated in the span. Three queries."""
    starts = [step.start for step in span.steps]
    total, steps = People("All"), tuple(People(step.name) for step in span.steps)
    persons: defaultdict[int | None, People] = defaultdict(lambda: People(""))
    began = Handling.objects.filter(begun_at__gte=span.start, begun_at__lt=span.end)
    for each in began.iterator():
        for sums in (total, steps[_step(starts, each.begun_at)], persons[each.person_id]):
            sums.add(each)
    for person, rating, at in _ratings(span):
        for sums in (total, steps[_step(starts, at)], persons[person]):
            sums.good += rating == Message.Rating.GOOD
            sums.bad += rating == Message.Rating.BAD
    return Found(total, steps, tuple(_named(persons)))


def _ratings(span: Span) -> Iterable[tuple[int | None, int, datetime]]:
    """Each with the person who looked after the conversation last; None: the assistant alone."""
    last = Handling.objects.filter(conversation=OuterRef("pk"), person__isnull=False)
    rated = Conversation.objects.filter(
        satisfaction_at__gte=span.start, satisfaction_at__lt=span.end
    ).annotate(person=Subquery(last.order_by("-begun_at").values("person")[:1]))
    return [
        (person, rating, at)
        for person, rating, at in rated.values_list("person", "satisfaction", "satisfaction_at")
        if rating is not None and at is not None
    ]


def _named(persons: dict[int | None, People]) -> list[People]:
    """Most conversations first; those without a person last."""
    users = get_user_model().objects.in_bulk([key for key in persons if key is not None])
    for key, sums in persons.items():
        user = users.get(key) if key is not None else None
        sums.name = user.first_name or user.get_username() if user else "Nobody"
    return sorted(persons.values(), key=lambda each: (each.name == "Nobody", -each.handled))


def _step(starts: Sequence[datetime], at: datetime) -> int:
    return bisect_right(starts, at) - 1


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()
