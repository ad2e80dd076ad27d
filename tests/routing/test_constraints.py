"""What the database refuses of routing, whoever asks."""

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from routing import policies
from routing.models import (
    AnswerCheck,
    CachedScore,
    Hazard,
    LearnedModel,
    Library,
    Policy,
    RouteDecision,
    SiteKnowledge,
    TaskType,
    Trial,
)

pytestmark = pytest.mark.django_db

ROWS: dict[type[models.Model], dict[str, object]] = {
    CachedScore: {"key": "k", "score": 5},
    Hazard: {"name": "leaking ink"},
    LearnedModel: {"kind": "analyzer", "text": "{}", "labels": 200},
    Library: {"id": 1, "edition": "e"},
    Policy: {"version": 2, "reason": "A try."},
    RouteDecision: {
        "reference": "reply:1",
        "tier": "cheap",
        "score": 3,
        "threshold": 7,
        "features": {},
    },
    SiteKnowledge: {"id": 1, "edition": "e"},
    TaskType: {"name": "Hours", "examples": "open?"},
    Trial: {"kind": "ab", "share": 50, "reason": "A try."},
    AnswerCheck: {
        "reference": "reply:1",
        "call": "reply:1:1",
        "doubt": 0.5,
        "threshold": 0.6,
        "findings": [],
        "features": {},
        "outcome": "trusted",
    },
}


def stored(model: type[models.Model], **otherwise: object) -> models.Model:
    values = ROWS[model] | otherwise
    if model is RouteDecision:
        values = {"policy": policies.current()} | values
    if model is Trial:
        another, _ = Policy.objects.get_or_create(version=9, reason="To be tried.")
        values = {"policy": another, "control": policies.current()} | values
    return model._base_manager.create(**values)


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize("model", ROWS)
def test_what_the_rules_are_broken_from_is_kept(model):
    assert stored(model).pk


@pytest.mark.parametrize(
    ("model", "wrong", "constraint"),
    [
        (CachedScore, {"score": 0}, "routing_cached_score_in_range"),
        (CachedScore, {"score": 11}, "routing_cached_score_in_range"),
        (LearnedModel, {"kind": "oracle"}, "routing_kind_is_known"),
        (Library, {"id": 2}, "routing_one_library"),
        (Policy, {"threshold": 0.9}, "routing_threshold_in_range"),
        (Policy, {"threshold": 11.1}, "routing_threshold_in_range"),
        (Policy, {"doubt_threshold": -0.1}, "routing_doubt_threshold_in_range"),
        (Policy, {"doubt_threshold": 1.1}, "routing_doubt_threshold_in_range"),
        (Policy, {"cheap_output_limit": 15}, "routing_output_limits_in_range"),
        (Policy, {"cheap_output_limit": 4097}, "routing_output_limits_in_range"),
        (Policy, {"strong_output_limit": 15}, "routing_output_limits_in_range"),
        (Policy, {"strong_output_limit": 4097}, "routing_output_limits_in_range"),
        (Policy, {"temperature": -0.1}, "routing_temperature_in_range"),
        (Policy, {"temperature": 2.1}, "routing_temperature_in_range"),
        (Policy, {"cheap_model": ""}, "routing_models_are_named"),
        (Policy, {"strong_model": ""}, "routing_models_are_named"),
        (Policy, {"analyzer": "guess"}, "routing_analyzer_is_known"),
        (Policy, {"band": -0.1}, "routing_band_in_range"),
        (Policy, {"band": 9.1}, "routing_band_in_range"),
        (Policy, {"reason": ""}, "routing_policy_has_a_reason"),
        (RouteDecision, {"score": 0.9}, "routing_score_in_range"),
        (RouteDecision, {"score": 10.1}, "routing_score_in_range"),
        (RouteDecision, {"tier": "medium"}, "routing_tier_is_known"),
        (Hazard, {"name": ""}, "routing_hazards_have_names"),
        (SiteKnowledge, {"id": 2}, "routing_one_site"),
        (TaskType, {"name": ""}, "routing_task_types_have_examples"),
        (TaskType, {"examples": ""}, "routing_task_types_have_examples"),
        (TaskType, {"tier": "medium"}, "routing_pinned_tier_is_known"),
        (TaskType, {"tier": "cheap", "points": 1}, "routing_a_pinned_tier_or_points"),
        (TaskType, {"points": 9.5}, "routing_points_in_range"),
        (TaskType, {"points": -9.5}, "routing_points_in_range"),
        (TaskType, {"answers_itself": True}, "routing_what_answers_itself_has_an_answer"),
        (Trial, {"share": 0}, "routing_a_trial_has_a_share"),
        (Trial, {"share": 100}, "routing_a_trial_has_a_share"),
        (Trial, {"kind": "shadow"}, "routing_a_trial_has_a_share"),
        (Trial, {"kind": "guess"}, "routing_a_trial_has_a_share"),
        (Trial, {"state": "stopped"}, "routing_a_trial_ends_once"),
        (Trial, {"ended_at": timezone.now()}, "routing_a_trial_ends_once"),
        (AnswerCheck, {"doubt": -0.1}, "routing_doubt_in_range"),
        (AnswerCheck, {"doubt": 1.1}, "routing_doubt_in_range"),
        (AnswerCheck, {"outcome": "guessed"}, "routing_outcome_is_known"),
    ],
)
def test_a_row_that_cannot_be_is_refused(model, wrong, constraint):
    with refused(constraint), transaction.atomic():
        stored(model, **wrong)


def test_a_version_is_not_tried_against_itself():
    with refused("routing_a_trial_tries_another"), transaction.atomic():
        stored(Trial, policy=policies.current())


@pytest.mark.parametrize(
    ("model", "again", "constraint"),
    [
        (CachedScore, {}, "routing_one_score_per_key|UNIQUE.*key"),
        (Policy, {}, "UNIQUE.*version|version_key"),
        (RouteDecision, {}, "routing_one_decision_per_reply|UNIQUE.*reference"),
        (TaskType, {}, "UNIQUE.*name|name.*_uniq|name_key"),
        (Trial, {"share": 40}, "routing_one_trial_at_once|UNIQUE.*state"),
        (AnswerCheck, {"call": "reply:1:2"}, "routing_one_check_per_reply|UNIQUE.*reference"),
    ],
)
def test_what_there_is_one_of_is_not_there_twice(model, again, constraint):
    stored(model)

    with refused(constraint), transaction.atomic():
        stored(model, **again)


def test_one_policy_is_in_force():
    assert policies.current().is_current

    with refused("routing_one_policy_in_force|UNIQUE.*is_current"), transaction.atomic():
        stored(Policy, is_current=True)
