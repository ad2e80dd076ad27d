"""Runs that nobody waits for: asked in a batch, for less, and found again after a restart."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import money
from billing.models import LedgerEntry
from chatsite.answer_tests.models import Case, Result, Run
from chatsite.answer_tests.runs import run_worker, runs
from chatsite.offline import tasks as offline
from tests.chat.told import batch_price
from tests.guards import guards

RIGHT = "Shipping to Norway costs €14.95."
HALF = 250_000_000  # nano-dollars a million tokens in


@pytest.fixture
def batches(upstream):
    upstream.batches.otherwise = RIGHT
    return upstream.batches


def started(operator, norway) -> Run:
    operator.post(reverse("answer_tests:start", args=[norway.set_id]), {"in_batch": "1"})
    run_worker.advance(Run.objects.get().pk)
    return Run.objects.get()


def looked_at_again(run: Run) -> Run:
    """After a minute, by whichever worker."""
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run_worker.abandoned() == [run.pk]
    run_worker.advance(run.pk)
    return Run.objects.get()


def page(operator, run: Run) -> str:
    address = reverse("answer_tests:run", args=[run.pk])
    return " ".join(operator.get(address).content.decode().split())


@guards(
    "chatsite/answer_tests/runs/batched_calls.py",
    "if digest in costs else each",
    "if False else each",
)
def test_a_run_in_a_batch_waits_costs_less_and_says_so(operator, norway, batches, upstream):
    batch_price("gpt-3.5-turbo", HALF)

    run = started(operator, norway)

    assert run.state == "running"
    assert not run_worker.abandoned()
    assert "batch price. Answers are expected by" in page(operator, run)
    assert looked_at_again(run).state == "running"
    offline.advance.apply()
    run = looked_at_again(run)

    result, entry = Result.objects.get(), LedgerEntry.objects.get()
    assert (run.state, result.state, result.text) == ("done", "passed", RIGHT)
    assert (entry.purpose, entry.service_tier) == ("testing", "batch")
    assert result.amount == entry.amount > 0
    assert run.saved > 0
    assert f"in a batch, {run.shown_saving} less than at once" in page(operator, run)
    assert not upstream.requests
    again = runs.start(norway.set, None, in_batch=True)
    run_worker.advance(again.pk)
    again.refresh_from_db()
    assert (again.state, LedgerEntry.objects.count()) == ("done", 1)


def test_what_a_batch_would_save_is_said_before_it_is_started(operator, norway, upstream):
    upstream.says(RIGHT)
    address = reverse("answer_tests:index")
    assert "have no batch price" in operator.get(address).content.decode()

    batch_price("gpt-3.5-turbo", HALF, output=3)
    page = operator.get(address).content.decode()
    assert "In a batch, a run costs 50 % of its price at once" in page
    assert "Its first run shows what it costs." in page

    run_worker.advance(runs.start(norway.set, None).pk)
    paid = Result.objects.get().amount
    Case.objects.create(set=norway.set, question="And to Sweden?")
    said = f"About {money.shown(2 * paid)} at once, {money.shown(paid)} in a batch"
    assert said in operator.get(address).content.decode()
    # What was paid in a batch counts as what it would have cost at once.
    Run.objects.update(in_batch=True)
    said = f"About {money.shown(4 * paid)} at once, {money.shown(2 * paid)} in a batch"
    assert said in operator.get(address).content.decode()


@pytest.mark.parametrize(
    ("is_sold", "why"),
    [(False, "gpt-3.5-turbo has no batch price."), (True, "The batch failed (refused).")],
)
def test_where_there_is_no_batch_the_run_goes_on_at_once(
    operator, norway, batches, upstream, is_sold, why
):
    upstream.says(RIGHT)
    if is_sold:
        batch_price("gpt-3.5-turbo", HALF)
        batches.ends_as = "failed"

    run = started(operator, norway)
    if is_sold:
        offline.advance.apply()
        run = looked_at_again(run)

    assert (run.state, run.in_batch, Result.objects.get().state) == ("done", False, "passed")
    assert f"Continued at once, without the batch: {why}" in page(operator, run)
    assert upstream.models == ["gpt-3.5-turbo"]
