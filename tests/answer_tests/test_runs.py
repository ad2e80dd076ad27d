"""Runs of tests: as a customer would be answered, paid for once, and compared with a change."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from billing.models import Budget, LedgerEntry
from chatsite.answer_tests import tasks
from chatsite.answer_tests.models import Case, Result, Run
from chatsite.answer_tests.runs import run_worker, runs
from chatsite.chat.models import Conversation
from routing import policies
from routing.models import Policy, TaskType
from routing.task_types import library
from tests.guards import guards

RIGHT = "Shipping to Norway costs €14.95."
WRONG = "Shipping to Norway costs €11.95."


def run_set(name: str = "Launch", **options: object) -> None:
    call_command("run_tests", name, verbosity=0, **options)


def test_a_test_is_answered_as_a_customer_would_be(norway, upstream, capsys):
    upstream.says(RIGHT)

    run_set()

    call = upstream.requests[0]
    assert call.model == "gpt-3.5-turbo"
    assert "Shipping to Norway costs €14.95 and is free" in call.body["messages"][0]["content"]
    assert call.body["messages"][-1]["content"] == "How much is shipping to Norway?"
    result = Result.objects.get()
    assert (result.state, result.text, result.tier) == ("passed", RIGHT, "cheap")
    assert result.sources == ["shipping"]
    assert not Conversation.objects.exists()
    assert "1 of 1 passed" in capsys.readouterr().out


def test_calls_are_on_the_ledger_under_their_own_purpose_and_budget(norway, upstream):
    upstream.says(RIGHT)

    run_set()

    entry = LedgerEntry.objects.get()
    assert (entry.purpose, entry.tier) == ("testing", "tests")
    assert Result.objects.get().amount == entry.amount > 0
    assert Budget.objects.get(name="Answer tests, each day").scope == "tier"


@guards(
    "chatsite/answer_tests/runs/model_calls.py",
    "found: dict[str, Told | llm.UpstreamError] = dict(known(list(wanted)))",
    "found: dict[str, Told | llm.UpstreamError] = {}",
)
def test_what_is_known_is_not_asked_and_paid_for_again(norway, upstream):
    upstream.says(RIGHT)
    run_set()

    run_set()

    assert len(upstream.requests) == 1
    assert list(Result.objects.values_list("state", "calls")) == [("passed", 1), ("passed", 0)]


def test_a_failed_test_ends_the_command_with_1(norway, upstream, capsys):
    upstream.says(WRONG)

    with pytest.raises(CommandError) as stopped:
        run_set()

    assert stopped.value.returncode == 1
    said = capsys.readouterr().out
    assert "FAILED How much is shipping to Norway?" in said
    assert "Does not say “€14.95”." in said


def test_an_unknown_set_is_named(shop):
    with pytest.raises(CommandError, match="no set 'Nothing'"):
        run_set("Nothing")


def test_earlier_messages_are_part_of_the_question(tests, upstream):
    Case.objects.create(
        set=tests,
        question="And how long does it take?",
        earlier="Customer: How much is shipping to Norway?\nAssistant: It costs €14.95.",
        must_say="4 to 7 days",
    )
    upstream.says("It takes 4 to 7 days.")

    run_set()

    said = upstream.requests[0].body["messages"]
    assert [message["role"] for message in said] == ["system", "user", "assistant", "user"]
    assert "4 to 7 days" in said[0]["content"]


def test_a_doubted_cheap_answer_is_written_by_the_strong_model_too(norway, upstream):
    draft = policies.current().draft()
    draft.doubt_threshold = 0.3
    policies.adopt(draft, None, "doubts")
    Case.objects.update(tier="strong")
    upstream.says("Shipping to Norway costs €99.00.")
    upstream.says(RIGHT)

    run_set()

    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    assert Result.objects.get().calls == 2


def test_a_wish_for_a_person_asks_no_model(tests, upstream):
    Case.objects.create(set=tests, question="I want to talk to a human, please", person="yes")

    run_set()

    assert upstream.requests == []
    assert Result.objects.get().offers_person


def test_an_approved_answer_asks_no_model(tests, upstream):
    examples = ["when are you open", "are you open now", "what are your hours", "opening hours?"]
    TaskType.objects.create(
        name="Hours",
        examples="\n".join(examples),
        phrases="opening hours",
        approved_answer="We are open from nine to five.",
        answers_itself=True,
    )
    library.learn()
    Case.objects.create(set=tests, question="opening hours?", must_say="nine to five")

    run_set()

    assert upstream.requests == []
    assert Result.objects.get().state == "passed"


def test_a_provider_that_does_not_answer_fails_the_test_with_the_reason(norway, upstream):
    upstream.unauthorised()

    with pytest.raises(CommandError):
        run_set()

    assert Result.objects.get().failures == ["gpt-3.5-turbo did not answer (unauthorised)."]


def test_a_busy_provider_is_asked_again(norway, upstream):
    upstream.fails(503)
    upstream.says(RIGHT)

    run_set()

    assert len(upstream.requests) == 2


def test_a_policy_that_breaks_a_test_is_told_from_one_that_does_not(norway, upstream, capsys):
    upstream.otherwise = lambda exchange: _by_model(exchange)
    in_force = policies.current()
    draft = in_force.draft()
    draft.threshold = 1
    strong = policies.propose(draft, None, "all strong")

    with pytest.raises(CommandError, match="1 of 1 tests failed"):
        run_set(policy=strong.version)

    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    assert "Answered by the strong model instead of the cheap model." in capsys.readouterr().out


async def _by_model(exchange) -> None:
    from tests.upstream.scripts import Says

    await Says(RIGHT)(exchange)


def test_a_run_without_room_stops_and_goes_on_where_it_was(norway, upstream, operator):
    upstream.says(RIGHT)
    budget = Budget.objects.create(
        name="Answer tests, each day", scope="tier", key="tests", period="day", limit=1
    )
    operator.post(reverse("answer_tests:start", args=[norway.set_id]))
    run = Run.objects.get()
    run_worker.advance(run.pk)
    page = reverse("answer_tests:run", args=[run.pk])
    stopped = operator.get(page).content.decode()
    Budget.objects.filter(pk=budget.pk).update(limit=10**10)

    operator.post(reverse("answer_tests:resume", args=[run.pk]))
    run_worker.advance(run.pk)

    assert "The budget “Answer tests, each day” has no room" in stopped
    assert "The test passed." in operator.get(page).content.decode()


def test_a_dead_workers_run_is_found_again(norway, upstream):
    upstream.says(RIGHT)
    run = runs.start(norway.set, None)
    Run.objects.update(lease_until=timezone.now() + timedelta(hours=1))
    tasks.resume.apply()
    assert Result.objects.waiting().exists()
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert run_worker.abandoned() == [run.pk]
    run_worker.advance(run.pk)

    assert not Result.objects.waiting().exists()
    run.refresh_from_db()
    assert run.state == Run.State.DONE


def test_the_page_shows_progress_and_then_both_answers(norway, upstream, operator):
    upstream.otherwise = lambda exchange: _by_model(exchange)
    draft = policies.current().draft()
    draft.threshold = 1
    version = policies.propose(draft, None, "all strong").version
    operator.post(reverse("answer_tests:start", args=[norway.set_id]), {"policy": version})
    run = Run.objects.get()
    live = reverse("answer_tests:progress", args=[run.pk])
    before = operator.get(live).content.decode()
    run_worker.advance(run.pk)

    after = " ".join(operator.get(live).content.decode().split())

    assert "0 of 2 answers" in before
    assert f'hx-get="{live}"' in before
    assert "<strong>1 test would break</strong>" in after
    assert after.count(RIGHT) == 2
    assert "hx-get" not in after


def test_staff_see_runs_and_cannot_start_one(norway, staff):
    assert staff.get(reverse("answer_tests:index")).status_code == 200
    assert staff.post(reverse("answer_tests:start", args=[norway.set_id])).status_code == 403


def test_an_answer_is_kept_only_while_it_is_used(norway, upstream):
    upstream.says(RIGHT)
    run_set()
    from chatsite.answer_tests.models import KnownAnswer

    KnownAnswer.objects.update(used_at=timezone.now() - timedelta(days=61))
    tasks.forget.apply()

    assert not KnownAnswer.objects.exists()


def test_versions_in_force_are_not_offered_for_comparison(norway, operator):
    page = operator.get(reverse("answer_tests:index")).content.decode()

    offered = {int(each) for each in re.findall(r'<option value="(\d+)">', page)}
    assert offered == set(Policy.objects.filter(is_current=False).values_list("version", flat=True))
