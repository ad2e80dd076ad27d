"""A circuit breaker for each model, whose state all workers share."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from chatsite.llm import Kind
from chatsite.provider import model_health
from chatsite.provider.model_health import Health
from chatsite.provider.models import ProviderModel
from tests.guards import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Seconds since the beginning; `clock[0] += 2` lets time pass."""
    began, clock = timezone.now(), [0.0]
    monkeypatch.setattr("billing.clock.now", lambda: began + timedelta(seconds=clock[0]))
    monkeypatch.setattr("chatsite.provider.model_health.time.monotonic", lambda: 1000 + clock[0])
    return clock


def fails(worker: Health, clock: list[float], times: int, every: float = 1.0) -> None:
    for _ in range(times):
        worker.failed("gpt-4", Kind.OVERLOADED)
        clock[0] += every


def test_failures_in_a_row_pause_a_model_for_all_workers(clock):
    one, other = Health(), Health()
    assert other.current().admits("gpt-4")

    fails(one, clock, 5)

    assert not one.current().admits("gpt-4")
    assert not other.current().admits("gpt-4")
    assert other.current().admits("gpt-3.5-turbo")


def test_a_success_between_them_begins_the_count_anew(clock):
    worker = Health()
    fails(worker, clock, 4)
    worker.current()

    worker.answered("gpt-4")
    fails(worker, clock, 4)

    assert worker.current().admits("gpt-4")


@guards(
    "chatsite/provider/model_health.py",
    "failures__gte=MOST_FAILURES, failing_since__lte=now - FAILING_FOR",
    "failures__gte=MOST_FAILURES",
)
def test_many_failures_at_once_are_one_event(clock):
    worker = Health()

    fails(worker, clock, 20, every=0.05)

    assert worker.current().admits("gpt-4")


@pytest.mark.parametrize(
    ("kind", "counts"),
    [(kind, kind not in {"refused", "too_long", "unknown_model"}) for kind in Kind],
)
def test_a_failure_counts_where_it_is_the_models(kind, counts, clock):
    Health().failed("gpt-4", kind)

    assert ProviderModel.objects.filter(name="gpt-4", failures=1).exists() == counts


@guards(
    "chatsite/provider/model_health.py",
    "            if at - self._probed_at.get(name, -PROBED_FOR) >= PROBED_FOR:\n",
    "            if True:\n",
)
def test_after_the_pause_each_worker_makes_one_probe(clock):
    one, other = Health(), Health()
    fails(one, clock, 5)
    one.current(), other.current()

    clock[0] += model_health.PAUSED_FOR.total_seconds()
    admitted = []
    for _ in range(4):
        clock[0] += 1.1
        admitted.append((one.current().admits("gpt-4"), other.current().admits("gpt-4")))
    clock[0] += model_health.PROBED_FOR

    assert admitted == [(True, True), (False, False), (False, False), (False, False)]
    assert one.current().admits("gpt-4")


def test_a_probe_that_nobody_made_stays_to_be_made(clock):
    worker = Health()
    fails(worker, clock, 5)
    clock[0] += model_health.PAUSED_FOR.total_seconds()
    worker.current()

    clock[0] += 5

    assert worker.current().admits("gpt-4")


def test_a_model_that_was_refused_is_tried_again_in_time(clock):
    worker = Health()
    worker.failed("gpt-4", Kind.UNKNOWN_MODEL)

    before = worker.current().refused
    clock[0] += model_health.REFUSED_FOR.total_seconds()

    assert before == {"gpt-4"}
    assert worker.current().refused == set()


def test_what_is_known_is_not_looked_up_for_every_message(clock, django_assert_num_queries):
    worker = Health()

    with django_assert_num_queries(1):
        for _ in range(100):
            worker.current()
            worker.answered("gpt-4")


def test_failures_have_a_beginning():
    for wrong in ({"failures": 1}, {"failing_since": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ProviderModel.objects.create(name="x", **wrong)
