"""Batches: sent once, collected once, charged at the batch price, whatever breaks on the way."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import clock, ledger, ledger_proof, tokens
from billing.errors import NoPrice
from billing.models import (
    Budget,
    BudgetPeriod,
    Hold,
    LedgerEntry,
)
from chatsite.offline import batch_jobs, tasks
from chatsite.offline.models import Batch, Item
from tests.guards import guards


@pytest.fixture
def pass_time(monkeypatch):
    """Let so many minutes pass."""
    past = timedelta(0)
    now = timezone.now

    def pass_time(minutes: float) -> None:
        nonlocal past
        past += timedelta(minutes=minutes)
        for module in (timezone, clock):
            monkeypatch.setattr(module, "now", lambda: now() + past)

    return pass_time


def states() -> list[str]:
    return list(Item.objects.order_by("id").values_list("state", flat=True))


def cost(tokens_in: int, tokens_out: int) -> int:
    """Nano-dollars at the batch price."""
    return tokens_in * 2000 + tokens_out * 10_000


def test_a_batch_is_sent_collected_and_charged_at_its_price(queue, batches):
    batch = queue()
    held = BudgetPeriod.objects.get().reserved
    assert held == sum(Hold.objects.values_list("amount", flat=True)) > 0

    tasks.advance.apply()

    batch.refresh_from_db()
    assert (batch.state, batch.outcome) == ("done", "completed")
    assert states() == ["answered"] * 3
    assert {item.text for item in Item.objects.all()} == {batches.otherwise}
    assert batches.asked == [
        "POST /files",
        "GET /batches",
        "POST /batches",
        "GET /batches/:id",
        "GET /files/:id/content",
    ]
    entries = LedgerEntry.objects.order_by("id")
    assert [entry.amount for entry in entries] == [
        cost(billed.input_tokens, billed.output_tokens) for billed in batches.bill
    ]
    for entry in entries:
        assert (entry.purpose, entry.tier, entry.service_tier) == ("judging", "judge", "batch")
        assert not entry.estimated
        assert not entry.price_assumed
        assert entry.amount <= entry.reserved
    assert (BudgetPeriod.objects.get().reserved, Hold.objects.count()) == (0, 0)
    assert ledger_proof.differences() == []


@guards("chatsite/offline/batch_jobs.py", "        items.update(request={})\n", "")
def test_customers_words_are_kept_only_until_they_are_sent(queue, batches):
    queue()
    assert all("Judge." in str(item.request) for item in Item.objects.all())

    tasks.advance.apply()

    assert all(item.request == {} for item in Item.objects.all())


def test_a_running_batch_is_polled_every_so_often(queue, batches, pass_time):
    batches.polls = 2
    batch = queue()

    tasks.advance.apply()
    tasks.advance.apply()
    assert batches.asked.count("GET /batches/:id") == 1
    for _ in range(2):
        pass_time(6)
        tasks.advance.apply()

    batch.refresh_from_db()
    assert batch.state == "done"
    assert batches.asked.count("POST /batches") == 1


@guards("chatsite/offline/batch_jobs.py", "NOTHING if refused else None", "NOTHING")
def test_what_fails_by_itself_costs_nothing_and_the_rest_counts(queue, batches):
    batches.fails = {"judge:1": 400, "judge:2": 500}
    batches.unfinished = {"judge:3"}
    batches.missing = {"judge:4"}
    batches.without_usage = {"judge:5"}
    batches.ends_as = "expired"
    queue(6)

    tasks.advance.apply()

    assert states() == ["failed"] * 4 + ["answered"] * 2
    charged = {
        entry.reference: (entry.amount > 0, entry.estimated, entry.outcome)
        for entry in LedgerEntry.objects.all()
    }
    assert charged == {
        "judge:1": (False, False, "bad_request"),
        "judge:2": (False, False, "overloaded"),
        "judge:3": (False, False, "overloaded"),
        # Nobody knows: as reserved.
        "judge:4": (True, True, "missing"),
        "judge:5": (True, True, "stop"),
        "judge:6": (True, False, "stop"),
    }
    assert ledger_proof.differences() == []


def test_a_batch_that_is_refused_as_a_whole_costs_nothing(queue, batches):
    batches.ends_as = "failed"
    queue()

    tasks.advance.apply()

    assert states() == ["failed"] * 3
    assert sum(entry.amount for entry in LedgerEntry.objects.all()) == 0
    assert not Hold.objects.exists()


class Died(BaseException):
    """A worker that is killed."""


@guards("chatsite/offline/batch_jobs.py", "batches.find(batch.file) or ", "")
@pytest.mark.parametrize("step", ["_upload", "_create", "_poll", "_collect"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_after_a_death_at_any_step_the_next_worker_goes_on(
    queue, batches, pass_time, monkeypatch, step, before
):
    queue()
    state, taken = next(
        (state, taken) for state, taken in batch_jobs.STEPS.items() if taken.__name__ == step
    )

    def dies(batch: Batch) -> bool:
        # After what it asks of the provider, and before it can store what that said.
        if not before:
            with monkeypatch.context() as patch:
                patch.setattr(batch_jobs, "_keep", lambda *_, **__: (_ for _ in ()).throw(Died()))
                taken(batch)
        raise Died

    with monkeypatch.context() as patch:
        patch.setitem(batch_jobs.STEPS, state, dies)
        with pytest.raises(Died):
            batch_jobs.advance(timezone.now())

    # Its lease holds others off, and runs out.
    tasks.advance.apply()
    assert Batch.objects.get().state != "done"
    pass_time(11)
    tasks.advance.apply()

    assert Batch.objects.get().state == "done"
    assert states() == ["answered"] * 3
    assert batches.asked.count("POST /batches") == 1
    assert LedgerEntry.objects.count() == 3
    assert len(batches.bill) == 3


@guards(
    "chatsite/offline/batch_jobs.py",
    "filter(pk=batch.pk, turn=batch.turn, due_at__lte=now)",
    "filter(pk=batch.pk)",
)
def test_two_workers_that_see_a_batch_due_take_it_once(queue, batches):
    batch = queue()
    seen = [Batch.objects.get(pk=batch.pk) for _ in range(2)]

    assert [batch_jobs._claim(each, timezone.now()) for each in seen] == [True, False]


def test_who_comes_in_the_middle_of_a_step_does_not_take_it_too(queue, batches, monkeypatch):
    queue()
    step = batch_jobs.STEPS[Batch.State.NEW]

    def both(batch: Batch) -> bool:
        batch_jobs.advance(timezone.now())  # the other worker
        return step(batch)

    monkeypatch.setitem(batch_jobs.STEPS, Batch.State.NEW, both)
    tasks.advance.apply()

    assert batches.asked.count("POST /files") == batches.asked.count("POST /batches") == 1
    assert LedgerEntry.objects.count() == 3


@guards(
    "chatsite/offline/batch_jobs.py",
    "Batch.objects.filter(pk=batch.pk, turn=batch.turn).update(",
    "Batch.objects.filter(pk=batch.pk).update(",
)
def test_a_worker_that_lost_its_turn_writes_nothing(queue, batches, monkeypatch):
    batch = queue()
    step = batch_jobs.STEPS[Batch.State.NEW]

    def slow(batch: Batch) -> bool:
        Batch.objects.update(turn=batch.turn + 1)  # another worker's claim, its lease over
        return step(batch)

    monkeypatch.setitem(batch_jobs.STEPS, Batch.State.NEW, slow)
    tasks.advance.apply()

    batch.refresh_from_db()
    assert (batch.state, batch.file) == ("new", "")
    assert all(item.request for item in Item.objects.all())


def test_results_that_are_read_twice_are_charged_once(queue, batches, pass_time):
    batches.fails = {"judge:2": 400}
    # The second file of results is lost on the way.
    batches.statuses.extend([("GET /files/:id/content", 0)])
    queue()

    tasks.advance.apply()
    pass_time(3)
    tasks.advance.apply()

    assert states() == ["answered", "failed", "answered"]
    assert LedgerEntry.objects.count() == 3


@pytest.mark.parametrize("asked", ["POST /files", "GET /batches", "POST /batches"])
@pytest.mark.parametrize("status", [0, 429, 503])
def test_what_breaks_on_the_way_is_tried_again(queue, batches, pass_time, asked, status):
    batches.statuses.append((asked, status))
    batch = queue()

    tasks.advance.apply()
    batch.refresh_from_db()
    assert (batch.tries, batch.state in Batch.OPEN) == (1, True)
    pass_time(2)
    tasks.advance.apply()

    batch.refresh_from_db()
    assert (batch.state, batch.tries) == ("done", 0)
    # Also where the answer to the first one was lost.
    assert len(batches.running) == 1


@pytest.mark.parametrize("asked", ["POST /files", "POST /batches"])
def test_a_batch_that_is_refused_is_given_up_and_costs_nothing(queue, batches, asked):
    batches.statuses.append((asked, 401))
    batch = queue()

    tasks.advance.apply()

    batch.refresh_from_db()
    assert (batch.state, batch.outcome) == ("failed", "unauthorised: status 401")
    assert [entry.amount for entry in LedgerEntry.objects.all()] == [0, 0, 0]
    assert states() == ["failed"] * 3


def test_a_batch_that_nobody_can_ask_about_any_more_is_charged_as_reserved(
    queue, batches, pass_time
):
    batches.statuses.extend([("GET /batches/:id", 401)] * batch_jobs.MOST_TRIES)
    batch = queue()

    for _ in range(batch_jobs.MOST_TRIES):
        tasks.advance.apply()
        pass_time(61)

    batch.refresh_from_db()
    assert batch.state == "failed"
    assert all(entry.estimated for entry in LedgerEntry.objects.all())
    assert BudgetPeriod.objects.get().reserved == 0


def test_a_charge_that_expired_meanwhile_stays(queue, batches):
    queue()
    ledger.expire(timezone.now() + batch_jobs.HOLD)
    charged = list(LedgerEntry.objects.values())

    tasks.advance.apply()

    assert states() == ["answered"] * 3
    assert list(LedgerEntry.objects.values()) == charged


def test_as_many_calls_are_queued_as_the_budget_takes(queue, batches):
    queue(1)
    one = LedgerEntry.objects.count() or BudgetPeriod.objects.get().reserved
    Item.objects.all().delete()
    Hold.objects.all().delete()
    BudgetPeriod.objects.all().delete()
    Budget.objects.update(limit=2 * one + 1)

    batch = queue(5)

    assert batch.items.count() == 2
    assert queue(5) is None
    assert BudgetPeriod.objects.get().reserved == 2 * one


def test_a_model_without_a_batch_price_is_refused_before_the_call(queue, batches):
    with pytest.raises(NoPrice):
        queue(model="gpt-4")

    assert not Batch.objects.exists()
    assert not Hold.objects.exists()


def test_what_was_charged_is_not_queued_again(queue, batches):
    queue()
    tasks.advance.apply()
    Item.objects.all().delete()

    assert queue() is None


def test_a_batch_is_forgotten_and_its_charges_are_not(queue, batches):
    queue()
    tasks.advance.apply()

    batch_jobs.forget(timezone.now() + timedelta(days=31))

    assert not Item.objects.exists()
    assert LedgerEntry.objects.count() == 3
    call_command("check_ledger")


ODD_BODIES = {
    "no choices": {"model": "m", "choices": [], "usage": {}},
    "choices of nothing": {"choices": [None]},
    "a number": 7,
    "an error inside a 200": {"error": {"message": "no", "code": 503}},
    "no end": {"choices": [{"message": {"content": "Hm."}}]},
    "two answers": [{"choices": []}, {"choices": []}],
    "a call of a function": {"choices": [{"message": {}, "finish_reason": "tool_calls"}]},
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_no_line_stops_those_behind_it(queue, batches, body):
    batches.bodies["judge:1"] = body
    batches.extra_lines = [b"not JSON", b"{}", b"[7]", b'{"custom_id": 9}', b"\xff", b"\xf0\x9f"]
    batch = queue()

    tasks.advance.apply()

    batch.refresh_from_db()
    assert (batch.state, states()) == ("done", ["failed", "answered", "answered"])
    assert not Hold.objects.exists()
    assert ledger_proof.differences() == []


def test_a_line_without_its_answer_is_charged_as_reserved(queue, batches):
    batches.bodies["judge:1"] = ODD_BODIES["no choices"]
    queue()

    tasks.advance.apply()

    entry = LedgerEntry.objects.get(reference="judge:1")
    assert (entry.amount, entry.outcome, entry.estimated) == (entry.reserved, "protocol", True)


@pytest.mark.parametrize(("given", "made"), [(0, 0), (0, 9), (9, 0)])
def test_tokens_that_a_line_reports_as_zero_are_counted_here(queue, batches, given, made):
    batches.counts["judge:1"] = {"prompt_tokens": given, "completion_tokens": made}
    queue()
    item = Item.objects.get(reference="judge:1")

    tasks.advance.apply()

    item.refresh_from_db()
    entry = LedgerEntry.objects.get(reference="judge:1")
    given, made = given or item.prompt_tokens, made or tokens.count(item.text, item.batch.model)
    assert (entry.input_tokens, entry.output_tokens) == (given, made)
    assert entry.amount == cost(given, made) > 0
    assert entry.estimated
    assert "zero tokens" in entry.estimated_because


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            {"choices": [{"message": {"content": "Half \ud83d"}, "finish_reason": "eos"}]},
            "Half \ufffd",
        ),
        (
            {"choices": [{"message": {"content": ["A", {"text": "B"}]}, "finish_reason": "stop"}]},
            "AB",
        ),
        (
            {
                "choices": [{"message": {"content": "Whole."}, "finish_reason": None}],
                "usage": {"prompt_tokens": 9.0, "completion_tokens": "2"},
            },
            "Whole.",
        ),
    ],
)
def test_an_answer_in_an_odd_line_is_read(queue, batches, body, text):
    batches.bodies["judge:1"] = body
    queue()

    tasks.advance.apply()

    assert Item.objects.get(reference="judge:1").text == text


def test_a_call_that_failed_has_a_reason(queue, batches):
    queue()

    with (
        pytest.raises(IntegrityError, match="offline_a_failure_has_a_reason"),
        transaction.atomic(),
    ):
        Item.objects.update(state="failed")
