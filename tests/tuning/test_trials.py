"""Operators try a draft in shadow or as an A/B test, and read what it showed."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from chatsite.answering import first_model_call, queue
from chatsite.answering.calls import reply_call
from chatsite.answering.question import context
from chatsite.chat.models import Conversation, Message
from chatsite.knowledge.articles import Meant
from chatsite.tuning.trials import trial_results
from routing import policies, trials
from routing.models import Policy, RouteDecision, Trial
from routing.tiers import ModelHealth
from tests.chat import told
from tests.chat.told import Told
from tests.guards import guards
from tests.tuning.test_threshold import PAGE, text

TRY = PAGE + "try/"


def begin(client: Client, kind: str = "ab", **changes: object):
    sent = {"threshold": 5, "begun_from": 1, "reason": "To see.", "kind": kind, "share": 50}
    return client.post(TRY, sent | changes, follow=True)


def page(trial: Trial, verb: str = "") -> str:
    return f"{PAGE}trial/{trial.pk}/{verb}"


@pytest.fixture
def asked(db, monkeypatch) -> Callable[[float], Conversation]:
    """A new conversation is routed as the worker would, and answered."""
    told.prices()
    count = iter(range(10_000))

    def ask(score: float) -> Conversation:
        number = next(count)
        monkeypatch.setattr(told, "NOW", timezone.now())
        conversation = Told(visitor=f"v{number}").asks(f"Question {number}?")
        policy, part = trials.deciding(conversation.conversation.reference)
        conversation.begins("strong" if score >= policy.threshold else "cheap", score)
        conversation.ends()
        shadow = part.shadow if part else None
        RouteDecision.objects.filter(reference=conversation.reply.reference).update(
            policy=policy,
            score=score,
            trial=part.trial if part else None,
            shadow_tier=("strong" if score >= shadow.threshold else "cheap") if shadow else "",
        )
        return conversation.conversation

    return ask


def test_an_operator_starts_and_stops_an_ab_test(operator, db):
    response = begin(operator, share=20)

    trial = Trial.objects.get()
    assert (trial.kind, trial.share, trial.state) == ("ab", 20, "running")
    assert trial.policy.changes_from(trial.control) == ["threshold 7 → 5"]
    assert trial.started_by is not None
    assert trial.started_by.username == "olga"
    assert policies.current().version == 1
    assert "answers 20 % of conversations" in text(response)
    assert "No answers since the trial started" in text(response)

    stopped = text(operator.post(page(trial, "stop/"), follow=True))

    assert "was stopped" in stopped
    assert Trial.objects.get().state == "stopped"
    assert LogEntry.objects.filter(object_id=str(trial.pk)).count() == 2
    again = text(operator.post(page(trial, "stop/"), follow=True))
    assert f"Trial {trial.pk} has ended." in again


def test_any_settings_can_be_tried_by_way_of_a_stored_version(operator, db):
    draft = policies.current().draft()
    draft.analyzer, draft.strong_model = "rules", "gpt-4o"
    stored = policies.propose(draft, None, "To be tried.")

    page_of_it = operator.get(PAGE, {"version": stored.version})
    begin(operator, threshold=7, version=stored.version)

    assert f'name="version" value="{stored.version}"' in page_of_it.content.decode()
    trial = Trial.objects.get()
    assert trial.policy.changes_from(trial.control) == [
        "analyzer learned → rules",
        "strong model gpt-4 → gpt-4o",
    ]
    assert policies.current().version == 1


def test_adopting_the_winner_puts_it_in_force(operator, db):
    begin(operator)
    trial = Trial.objects.get()

    words = text(operator.post(page(trial, "adopt/"), follow=True))

    assert "Version 3 is in force: threshold 7 → 5." in words
    assert policies.current().threshold == 5
    assert Trial.objects.get().state == "adopted"
    # The trial's start and end, and the version.
    assert LogEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"share": "0"}, 422, "Share: Ensure this value is greater than or equal to 1."),
        ({"share": "100"}, 422, "Share: Ensure this value is less than or equal to 99."),
        ({"share": ""}, 422, "Share: Enter a percentage of conversations"),
        ({"kind": "guess"}, 422, "Select a valid choice."),
        ({"reason": ""}, 422, "Reason: This field is required."),
        ({"threshold": 7}, 409, "version 1, which is in force, has the same settings"),
        ({"begun_from": 9}, 409, "Version 1 was saved by nobody while you were editing"),
    ],
    ids=str,
)
def test_what_cannot_be_tried_is_refused_in_words(operator, db, changes, status, said):
    response = begin(operator, **changes)

    assert response.status_code == status
    assert said in text(response)
    assert (Trial.objects.count(), Policy.objects.count()) == (0, 1)


def test_a_second_trial_is_refused(operator, db):
    begin(operator)

    response = begin(operator, threshold=4)

    assert response.status_code == 409
    assert "is running. Stop it or adopt its version" in text(response)
    assert "Silent test, without effect" not in text(operator.get(PAGE, {"threshold": "4"}))


def test_staff_and_strangers_are_refused(staff, client, operator, db):
    begin(operator)
    trial = Trial.objects.get()

    assert staff.get(page(trial)).status_code == 403
    for verb in ("stop/", "adopt/"):
        assert staff.post(page(trial, verb)).status_code == 403
        assert operator.get(page(trial, verb)).status_code == 405
        assert client.post(page(trial, verb)).status_code == 302
    assert begin(staff, threshold=4).status_code == 403
    assert Trial.objects.get().is_running
    assert operator.get(f"{PAGE}trial/999/").status_code == 404


def test_an_ab_test_compares_what_its_conversations_cost_and_became(operator, asked):
    begin(operator)
    trial = Trial.objects.get()
    for _ in range(110):
        asked(6.0)
    theirs = RouteDecision.objects.filter(policy=trial.policy)
    assert 35 <= theirs.count() <= 75
    cheap = Message.objects.filter(role="assistant", tier="cheap")
    cheap.update(rating=-1)
    Message.objects.filter(role="assistant", tier="strong").update(rating=1)

    shown = operator.get(page(trial))

    seen = shown.context["results"]
    assert (seen.ours + seen.theirs, seen.replies) == (110, 110)
    rows = {row.name: row for row in seen.rows}
    cost = rows["Cost per conversation"]
    assert (cost.ours, cost.theirs) == ("$0.0008", "$0.042")
    assert cost.difference == "+$0.0412 (+$0.0412 to +$0.0412)"
    assert cost.verdict == "more"
    assert rows["Rated not helpful, as a share of rated answers"].verdict == "less"
    assert rows["An answer failed or was cut short"].verdict == "no difference shown"


@guards(
    "chatsite/tuning/trials/trial_results.py",
    "    since = cut[0] if cut else trial.started_at\n",
    "    since = trial.started_at\n",
)
@pytest.mark.parametrize("kind", ["shadow", "ab"])
def test_of_more_replies_than_can_be_looked_at_the_newest_are_and_it_is_said(
    operator, asked, monkeypatch, kind
):
    begin(operator, kind=kind)
    for score in (6.0, 6.0, 2.0, 2.0, 2.0):
        asked(score)
    monkeypatch.setattr(trial_results, "MOST", 3)

    shown = operator.get(page(Trial.objects.get()))

    assert (shown.context["results"].replies, shown.context["results"].moved) == (3, 0)
    assert "These are the newest 3 replies of the trial, since" in shown.content.decode()


@pytest.mark.parametrize("kind", ["shadow", "ab"])
def test_a_worker_decides_as_the_trial_says(operator, asked, kind):
    begin(operator, kind=kind, threshold=1, share=99)
    trial = Trial.objects.get()
    asked(3.0)
    reply = Told(visitor="worker").asks("Hello?").reply

    opened = context.read(reply.pk)
    assert opened
    seen = context.look(opened, Meant())
    claimed = queue.claim(seen)
    assert isinstance(claimed, reply_call.Claimed)
    first_model_call.first_call(claimed, None, ModelHealth())

    decision = RouteDecision.objects.get(reference=reply.reference)
    assert decision.trial == trial
    if kind == "shadow":
        assert (decision.tier, decision.shadow_tier) == ("cheap", "strong")
    else:
        chosen = trials.is_chosen(trial.pk, 99, reply.conversation.reference)
        assert decision.tier == ("strong" if chosen else "cheap")


def test_few_conversations_tell_nothing(operator, asked):
    begin(operator)
    for _ in range(6):
        asked(6.0)

    words = text(operator.get(page(Trial.objects.get())))

    assert "Too few to tell yet." in words
    assert "too few to tell:" in words


def test_a_shadow_shows_what_it_would_have_cost(operator, asked):
    begin(operator, kind="shadow")
    for _ in range(30):
        asked(3.0)
        asked(6.0)

    shown = operator.get(page(Trial.objects.get()))

    seen = shown.context["results"]
    assert (seen.replies, seen.moved) == (60, 30)
    agreement, strong, cost = seen.rows
    assert agreement.theirs == "50.0 %"
    assert agreement.difference == "37.7 % to 62.3 %"
    assert (strong.ours, strong.theirs, strong.verdict) == ("0.0 %", "50.0 %", "more")
    assert (cost.ours, cost.theirs) == ("$0.0008", "$0.0214")
    assert cost.verdict == "more"
    assert Message.objects.filter(role="assistant", tier="strong").count() == 0


def test_the_list_of_trials_leads_to_their_results(operator, db):
    begin(operator)
    trial = Trial.objects.get()

    assert operator.get("/admin/routing/trial/").status_code == 200
    detail = operator.get(f"/admin/routing/trial/{trial.pk}/change/").content.decode()
    assert f'href="{page(trial)}"' in detail
    assert f"Trial {trial.pk} is running" in text(operator.get(PAGE))
