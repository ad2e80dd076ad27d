"""Runs of tests: how they begin, how far they are, and what they have shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from billing import money
from chatsite.answer_tests.models import Case, CaseSet, Result, Run
from chatsite.answer_tests.runs import compared_versions
from chatsite.answer_tests.runs.compared_versions import Change
from chatsite.celery import app

# By name: a web process that imported the task would load the provider's client, 30 MB.
GO_ON = "chatsite.answer_tests.tasks.go_on"
# A run of the same change that ended so lately is not made again.
FRESH = timedelta(hours=1)
Person = AbstractBaseUser | AnonymousUser | None
Side, State = Result.Side, Result.State


class NothingToRun(Exception):
    """The set has no test."""


def guarding() -> QuerySet[Case]:
    """The tests that are run before something is saved."""
    return Case.objects.filter(set__guards=True)


def start(
    tests: CaseSet | None,
    person: Person,
    change: Change | None = None,
    what: str = "",
    *,
    in_batch: bool = False,
) -> Run:
    """Queue the tests of a set; None: of all sets that are checked before saving.

    `wake`: a worker answers them. `in_batch`: nobody waits, so the provider's batches are
    used. `change`: what they are answered with as well. Raises NothingToRun.
    """
    cases = tests.cases.all() if tests else guarding()
    change = change or {}
    with transaction.atomic():
        run = Run.objects.create(
            set=tests,
            change=change,
            what=what[:300],
            digest=compared_versions.digest(change),
            in_batch=in_batch,
            started_by_id=person.pk if person else None,
        )
        sides = (Side.NOW, Side.CHANGED) if change else (Side.NOW,)
        results = [Result(run=run, case=case, side=side) for case in cases for side in sides]
        if not results:
            raise NothingToRun
        Result.objects.bulk_create(results)
    return run


def wake(run: Run) -> None:
    """Have a worker go on. A hint: without a broker, each minute's look finds the run."""
    hint = partial(app.send_task, GO_ON, [run.pk], retry=False)
    transaction.on_commit(hint, robust=True)


def resume(run: Run) -> bool:
    """Go on with a run that stopped, and whether it had."""
    stopped = Run.objects.filter(pk=run.pk, state=Run.State.STOPPED)
    if not stopped.update(state=Run.State.RUNNING, why="", ended_at=None, lease_until=None):
        return False
    wake(run)
    return True


def latest(change: Change) -> Run | None:
    """The newest run of the guarding sets with this change, if it is fresh and did not stop."""
    since = timezone.now() - FRESH
    same = Run.objects.filter(
        set=None, digest=compared_versions.digest(change), created_at__gte=since
    )
    return same.exclude(state=Run.State.STOPPED).first()


@dataclass(frozen=True, slots=True)
class Progress:
    """Tests that have both their answers, of all, and what that took."""

    tests: int
    ended: int
    results: int
    passed: int
    failed: int
    amount: int
    seconds: float
    calls: int

    @property
    def cost(self) -> str:
        return money.shown(self.amount)

    @property
    def percent(self) -> int:
        return 100 * self.ended // self.results if self.results else 100


def progress(run: Run) -> Progress:
    """One query."""
    over = ~Q(state=State.WAITING)
    found = run.results.aggregate(
        tests=Count("case", distinct=True),
        results=Count("id"),
        ended=Count("id", filter=over),
        passed=Count("id", filter=Q(state=State.PASSED)),
        failed=Count("id", filter=Q(state=State.FAILED)),
        amount=Sum("amount", default=0),
        seconds=Sum("seconds", default=0.0),
        calls=Sum("calls", default=0),
    )
    return Progress(**found)


@dataclass(frozen=True, slots=True)
class Pair:
    """One test: its answer as the site stands, and with the change."""

    case: Case
    now: Result
    changed: Result | None = None

    @property
    def is_broken(self) -> bool:
        """It passes now, and would not with the change."""
        return (
            self.changed is not None
            and self.now.state == State.PASSED
            and self.changed.state == State.FAILED
        )

    @property
    def is_mended(self) -> bool:
        return (
            self.changed is not None
            and self.now.state == State.FAILED
            and self.changed.state == State.PASSED
        )

    @property
    def is_failing(self) -> bool:
        """Fails with and without the change."""
        return self.now.state == State.FAILED and not self.is_mended

    @property
    def differs(self) -> bool:
        """Passes either way, but with other words or from another model."""
        ends = self.changed
        return (
            ends is not None
            and {self.now.state, ends.state} == {State.PASSED}
            and (self.now.text, self.now.tier) != (ends.text, ends.tier)
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """The tests of a run, by what became of them."""

    broken: list[Pair] = field(default_factory=list)
    failing: list[Pair] = field(default_factory=list)
    mended: list[Pair] = field(default_factory=list)
    differing: list[Pair] = field(default_factory=list)
    same: list[Pair] = field(default_factory=list)
    waiting: list[Pair] = field(default_factory=list)

    @property
    def groups(self) -> list[tuple[str, list[Pair]]]:
        return [
            ("Broken by the change", self.broken),
            ("Failing", self.failing),
            ("Fixed by the change", self.mended),
            ("Passed, with a different answer", self.differing),
            ("Passed", self.same),
        ]


def shown(run: Run) -> Shown:
    """Two queries."""
    found = Shown()
    for pair in _pairs(run.results.select_related("case").order_by("id")):
        ends = [each for each in (pair.now, pair.changed) if each]
        if any(each.state == State.WAITING for each in ends):
            found.waiting.append(pair)
        elif pair.is_broken:
            found.broken.append(pair)
        elif pair.is_failing:
            found.failing.append(pair)
        elif pair.is_mended:
            found.mended.append(pair)
        elif pair.differs:
            found.differing.append(pair)
        else:
            found.same.append(pair)
    return found


def _pairs(results: Iterable[Result]) -> Sequence[Pair]:
    by_case: dict[int, dict[str, Result]] = {}
    for result in results:
        by_case.setdefault(result.case_id, {})[result.side] = result
    return [
        Pair(sides[Side.NOW].case, sides[Side.NOW], sides.get(Side.CHANGED))
        for sides in by_case.values()
    ]
