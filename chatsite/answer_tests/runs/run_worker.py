"""The worker's side of a run: tests are answered, a few at once, and what became of them is kept.

A result's row is the job. Whatever ended is kept, so that a run goes on where it was.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q, QuerySet

from billing import clock
from chatsite.answer_tests import expectations
from chatsite.answer_tests.expectations import Answered
from chatsite.answer_tests.models import Result, Run
from chatsite.answer_tests.runs import batched_calls, compared_versions, model_calls, tested_answer
from chatsite.answer_tests.runs.batched_calls import NoBatch
from chatsite.answer_tests.runs.compared_versions import Version
from chatsite.answer_tests.runs.model_calls import Stopped, Told
from chatsite.answer_tests.runs.tested_answer import Asking
from chatsite.knowledge.articles import Meant
from chatsite.knowledge.embeddings import embedding_calls, question_embeddings
from chatsite.llm import UpstreamError
from chatsite.provider.model_health import Health
from routing.tiers import ModelHealth

logger = logging.getLogger(__name__)

# Tests that are answered at once: their calls wait for each other.
AT_ONCE = 16
# Longer than the slowest of them takes, with its second call and its retries.
RUN_LEASE = timedelta(minutes=6)
# Between two looks at a run whose calls are in a batch.
LOOKED_EVERY = timedelta(minutes=1)
MOST_CHARACTERS = 20_000


@dataclass(slots=True)
class _Test:
    """A test under way."""

    result: Result
    version: Version
    meant: Meant
    step: Answered | Asking = field(default_factory=lambda: Answered(""))
    amount: int = 0
    seconds: float = 0.0
    calls: int = 0


def advance(run_id: int) -> None:
    """Answer what waits, to the run's end. Safe to run twice at once: one of the two works."""
    run = _claimed(run_id)
    if run is None:
        return
    sides: dict[str, Version] = {Result.Side.NOW: compared_versions.now()}
    if run.change:
        sides[Result.Side.CHANGED] = compared_versions.with_change(run.change)
    health = Health()
    why = ""
    try:
        if run.in_batch and _are_out(run, sides, health.current()):
            later = clock.now() + LOOKED_EVERY
            Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(lease_until=later)
            return
    except NoBatch as error:
        logger.warning("%s goes on at once: %s", run, error)
        Run.objects.filter(pk=run.pk).update(
            in_batch=False, live_because=str(error), expected_at=None
        )
    except Stopped as error:
        why = str(error)
    while not why and (waiting := list(_waiting(run)[:AT_ONCE])):
        try:
            _answer(waiting, sides, health.current())
        except Stopped as error:
            why = str(error)
            break
        Run.objects.filter(pk=run.pk).update(lease_until=clock.now() + RUN_LEASE)
    state = Run.State.STOPPED if why else Run.State.DONE
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
        state=state, why=why, ended_at=clock.now(), lease_until=None
    )
    logger.info("%s %s %s", run, state, why)


def abandoned() -> list[int]:
    """Runs that no worker is working on."""
    return list(_free().values_list("id", flat=True))


def _free() -> QuerySet[Run]:
    return Run.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=clock.now()), state=Run.State.RUNNING
    )


def _waiting(run: Run) -> QuerySet[Result]:
    return run.results.waiting().select_related("case").order_by("id")


def _claimed(run_id: int) -> Run | None:
    if not _free().filter(pk=run_id).update(lease_until=clock.now() + RUN_LEASE):
        return None
    return Run.objects.get(pk=run_id)


def _are_out(run: Run, sides: dict[str, Version], health: ModelHealth) -> bool:
    """Take tests as far as what came in batches allows, and have the rest asked in one.

    Whether any waits for that. Raises NoBatch, Stopped.
    """
    if batched_calls.is_out(run):
        return True
    try:
        batched_calls.come(run)
    finally:
        tests = _begun(list(_waiting(run)), sides, health)
        asking = _gone_on(run, tests, health)
        for test in tests:
            if isinstance(test.step, Answered):
                _store(test, test.step)
    batched_calls.queue(run, asking)
    return bool(asking)


def _gone_on(run: Run, tests: Sequence[_Test], health: ModelHealth) -> list[Asking]:
    """Take these as far as is known; returns the calls of which it is not."""
    paid: set[str] = set()
    while True:
        steps = [(test, test.step) for test in tests if isinstance(test.step, Asking)]
        told = batched_calls.told(run, [step for _, step in steps])
        for test, step in steps:
            if given := told.get(step.digest):
                if step.digest in paid:  # of two tests that ask the same, the first pays
                    given = Told(given.finished)
                paid.add(step.digest)
                _heard(test, step, given, health)
        if not told:
            return [step for _, step in steps]


def _answer(results: Sequence[Result], sides: dict[str, Version], health: ModelHealth) -> None:
    """Answer these tests together. Raises Stopped; what is not stored then waits on."""
    tests = _begun(results, sides, health)
    # An answer, and for a doubted one the strong model's.
    while asking := [test for test in tests if isinstance(test.step, Asking)]:
        steps = [test.step for test in asking if isinstance(test.step, Asking)]
        for test, step, told in zip(asking, steps, model_calls.ask(steps), strict=True):
            _heard(test, step, told, health)
    for test in tests:
        assert isinstance(test.step, Answered)
        _store(test, test.step)


def _begun(
    results: Sequence[Result], sides: dict[str, Version], health: ModelHealth
) -> list[_Test]:
    """With what each is given at once, or the call that answers it."""
    meant = _meant(results)
    tests = [_Test(each, sides[each.side], meant[each.case_id]) for each in results]
    for test in tests:
        test.step = tested_answer.begin(test.result.case.said, test.version, test.meant, health)
    return tests


def _meant(results: Sequence[Result]) -> dict[int, Meant]:
    """By the test's id; in one call. Without a vector, words alone find the articles."""
    cases = {each.case_id: each.case for each in results}
    if not cases:
        return {}
    questions = [tested_answer.asked(case.said) for case in cases.values()]
    try:
        found = question_embeddings.of(questions)
    except embedding_calls.Stopped as error:
        found = [Meant(why=str(error)) for _ in questions]
    return dict(zip(cases, found, strict=True))


def _heard(test: _Test, step: Asking, told: Told | UpstreamError, health: ModelHealth) -> None:
    if isinstance(told, UpstreamError):
        why = f"{step.work.model} did not answer ({told.kind.replace('_', ' ')})."
        test.step = Answered("", step.work.reply.tier, step.score, failure=why)
        return
    test.amount += told.amount
    test.seconds += told.seconds
    test.calls += told.calls
    test.step = tested_answer.go_on(step, told.finished, health)


def _store(test: _Test, given: Answered) -> None:
    wrong = expectations.failures(test.result.case.wanted, given)
    Result.objects.waiting().filter(pk=test.result.pk).update(
        state=Result.State.FAILED if wrong else Result.State.PASSED,
        failures=wrong,
        text=given.text[:MOST_CHARACTERS],
        tier=given.tier,
        score=given.score,
        sources=list(given.sources),
        offers_person=given.offers_person,
        amount=test.amount,
        seconds=test.seconds,
        calls=test.calls,
    )
