"""A second version of the policy, in shadow or on a share of conversations."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from routing import decisions, policies, stored_site_profile, trials
from routing.errors import CannotBeShadow, NothingChanged, NotRunning, Overtaken, TrialRuns
from routing.models import Policy, RouteDecision, Trial
from routing.tier_choice import Score, Shift, Turn

pytestmark = pytest.mark.django_db

AB, SHADOW = Trial.Kind.AB, Trial.Kind.SHADOW
NAMES = [f"conversation:{number}" for number in range(1, 401)]


def draft(**settings) -> Policy:
    made = policies.current().draft()
    for name, value in ({"threshold": 5.0} | settings).items():
        setattr(made, name, value)
    return made


def started(kind: Trial.Kind = AB, share: int = 25, **settings) -> Trial:
    return trials.start(kind, share, draft(**settings), None, "To see.")


def test_without_a_trial_the_version_in_force_decides(django_assert_num_queries):
    trials.deciding("conversation:1")

    with django_assert_num_queries(1):
        policy, part = trials.deciding("conversation:1")

    assert (policy, part) == (policies.current(), None)


def test_a_share_of_conversations_is_decided_by_the_other_version(django_assert_num_queries):
    trial = started()
    trials.deciding("conversation:1")

    with django_assert_num_queries(len(NAMES)):
        found = [trials.deciding(name) for name in NAMES]

    chosen = sum(policy == trial.policy for policy, _ in found)
    assert 80 <= chosen <= 120
    assert {part.trial for _, part in found if part} == {trial.pk}
    assert [trials.deciding(name) for name in NAMES] == found


def test_another_trial_draws_anew():
    first = {name for name in NAMES if trials.is_chosen(1, 50, name)}

    second = {name for name in NAMES if trials.is_chosen(2, 50, name)}

    assert 60 < len(first & second) < 140


def test_a_shadow_decides_beside_and_acts_on_nothing():
    trial = started(SHADOW)
    policy, part = trials.deciding("conversation:1")

    choice = decisions.decide("reply:1", Turn("?"), policy, Score(6.0, "model", ()), None, part)

    decision = RouteDecision.objects.get()
    assert (choice.tier, decision.tier, decision.policy.version) == ("cheap", "cheap", 1)
    assert (decision.shadow_tier, decision.shadow_score) == ("strong", 6.0)
    assert decision.trial == trial


def test_a_shadow_is_decided_in_the_same_query(django_assert_num_queries):
    started(SHADOW, analyzer="rules")
    policy, part = trials.deciding("conversation:1")
    stored_site_profile.current()

    with django_assert_num_queries(1):
        decisions.decide("reply:1", Turn("I was charged twice!"), policy, None, None, part)


@pytest.mark.parametrize(("score", "tier"), [(6.0, "cheap"), (6.8, "strong")])
def test_what_a_budget_adds_to_the_threshold_it_adds_for_the_shadow(score, tier):
    # 1.5 above the policy's 7, so 6.5 instead of the shadow's 5.
    shift = Shift(8.5, "a budget runs low")
    started(SHADOW)
    policy, part = trials.deciding("conversation:1")

    decisions.decide("reply:1", Turn("?"), policy, Score(score, "model", ()), shift, part)

    assert RouteDecision.objects.get().shadow_tier == tier


def test_a_shadow_scores_by_its_own_analyzer():
    policies.adopt(draft(threshold=7, analyzer="model"), None, "A model rates.")
    started(SHADOW, analyzer="rules")
    policy, part = trials.deciding("conversation:1")

    decisions.decide("reply:1", Turn("Hello."), policy, Score(9.0, "model", ()), None, part)

    decision = RouteDecision.objects.get()
    assert (decision.tier, decision.shadow_tier) == ("strong", "cheap")


def test_a_shadow_never_calls_a_model():
    with pytest.raises(CannotBeShadow):
        started(SHADOW, analyzer="model")

    started(AB, analyzer="model")


def test_a_decision_made_anew_after_the_trial_leaves_it():
    trial = started(SHADOW)
    policy, part = trials.deciding("conversation:1")
    decisions.decide("reply:1", Turn("?"), policy, None, None, part)
    trials.stop(trial, None)
    policy, part = trials.deciding("conversation:1")

    decisions.decide("reply:1", Turn("?"), policy, None, None, part)

    decision = RouteDecision.objects.get()
    assert (decision.trial, decision.shadow_tier, decision.shadow_score) == (None, "", None)


def test_one_trial_at_a_time():
    started()

    with pytest.raises(TrialRuns, match="is running"):
        started(SHADOW, threshold=4.0)

    assert Trial.objects.count() == 1
    assert Policy.objects.count() == 2


@pytest.mark.parametrize(
    "values",
    [
        {},  # a second one that runs
        {"state": "stopped"},  # without an end
        {"state": "stopped", "ended_at": timezone.now(), "share": 0},
        {"state": "stopped", "ended_at": timezone.now(), "share": 100},
        {"state": "stopped", "ended_at": timezone.now(), "kind": "shadow", "share": 50},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_the_database(values):
    trial = started()
    given = {"kind": "ab", "share": 50, "policy": trial.policy, "control": trial.control}

    with pytest.raises(IntegrityError), transaction.atomic():
        Trial.objects.create(reason="Why.", **(given | values))


def test_a_version_is_not_tried_against_itself():
    policy = policies.current()

    with pytest.raises(IntegrityError), transaction.atomic():
        Trial.objects.create(kind=AB, share=5, policy=policy, control=policy, reason="Why.")
    with pytest.raises(NothingChanged):
        started(threshold=7)


def test_a_draft_that_a_colleague_has_overtaken_is_not_tried():
    policies.adopt(draft(threshold=6.0), None, "First.")

    with pytest.raises(Overtaken):
        trials.start(AB, 10, draft(), None, "Late.", begun_from=1)


def test_stopping_leaves_the_version_in_force():
    ann = User.objects.create_user("ann")
    trial = started()

    trials.stop(trial, ann)

    trial.refresh_from_db()
    assert (trial.state, trial.ended_by) == ("stopped", ann)
    assert policies.current().version == 1
    assert trials.deciding("conversation:1")[1] is None
    with pytest.raises(NotRunning):
        trials.stop(trial, ann)


def test_adopting_puts_the_tried_settings_in_force():
    trial = started(threshold=5.5)

    adopted = trials.adopt(trial, None)

    trial.refresh_from_db()
    assert trial.state == "adopted"
    assert (adopted.version, adopted.threshold) == (3, 5.5)
    assert adopted.reason == f"Trial {trial.pk} of version 2: To see."
    with pytest.raises(NotRunning):
        trials.adopt(trial, None)
    assert Policy.objects.count() == 3


def test_another_version_in_force_ends_the_trial():
    trial = started()

    policies.adopt(draft(threshold=6.0), None, "Something else.")

    trial.refresh_from_db()
    assert trial.state == "overtaken"
    assert trial.ended_at is not None
