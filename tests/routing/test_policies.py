"""Versions of the policy: one is in force, none is edited."""

import threading
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction

from routing import policies
from routing.errors import AppendOnly, NoPolicy, NothingChanged
from routing.models import Policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def draft(**values) -> Policy:
    made = policies.current().draft()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_new_site_decides_as_the_source_article_did():
    policy = policies.current()

    assert (policy.version, policy.threshold, policy.analyzer) == (1, 7, "learned")
    assert (policy.cheap_model, policy.cheap_successor) == ("gpt-3.5-turbo", "gpt-5.6-terra")
    assert (policy.strong_model, policy.strong_successor) == ("gpt-4", "gpt-5.6-sol")
    assert policy.temperature == 0.3
    assert "9-10: something grave" in policy.criteria
    policy.full_clean()


def test_the_first_version_has_the_settings_of_a_new_draft():
    assert Policy().changes_from(policies.current()) == []


def test_the_first_version_is_made_once():
    migration = import_module("routing.migrations.0002_first_policy_and_hazards")

    migration.first_policy(apps, connection.schema_editor())

    assert Policy.objects.count() == 1


def test_reading_the_policy_is_one_query_without_its_history(django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        policy = policies.current()
        assert (policy.pk, policy.version, policy.criteria[:4]) == (1, 1, "Rate")
        assert policy.cheap_model
        assert policy.strong_output_limit == 900

    assert "reason" not in queries[0]["sql"]


def test_without_a_policy_that_is_said():
    Policy._base_manager.all().delete()

    with pytest.raises(NoPolicy, match="migrate"):
        policies.current()


def test_an_emptied_table_takes_a_first_version_again():
    Policy._base_manager.all().delete()

    policies.adopt(Policy(), None, "Begin again.")

    assert policies.current().version == 1


def test_a_change_is_another_version(ann):
    before = policies.current()

    after = policies.adopt(draft(threshold=6.5, strong_model="gpt-4-turbo"), ann, "Too many 4s.")

    assert policies.current() == after
    assert (after.version, after.author, after.reason) == (2, ann, "Too many 4s.")
    assert after.replaces == before
    assert after.changes == ["threshold 7 → 6.5", "strong model gpt-4 → gpt-4-turbo"]
    kept = Policy.objects.get(version=1)
    assert (kept.threshold, kept.is_current) == (7, False)
    assert kept.changes == ["the first version"]


def test_a_change_of_the_criteria_is_told_in_words(ann):
    criteria = policies.current().criteria.replace("Length alone", "Length by itself")

    after = policies.adopt(draft(criteria=criteria, cheap_successor=""), ann, "Clearer.")

    changed, successor = after.changes
    assert changed.startswith("scoring criteria without “Length alone does not")
    assert ", with “Length by itself does not" in changed
    assert successor == "cheap successor gpt-5.6-terra → none"


def test_returning_makes_a_new_version_with_the_older_settings(ann):
    first = policies.current()
    policies.adopt(draft(threshold=5, temperature=1), ann, "An attempt.")

    third = policies.return_to(Policy.objects.get(version=1), ann)

    assert policies.current() == third
    assert (third.version, third.threshold, third.temperature) == (3, 7, 0.3)
    assert third.reason == "Return to version 1: What the site came with."
    assert third.changes == ["threshold 5 → 7", "temperature 1 → 0.3"]
    assert third.changes_from(first) == []


def test_the_reason_of_a_return_fits_however_long_the_first_one_was(ann):
    policies.adopt(draft(threshold=5), ann, "x" * 300)
    policies.adopt(draft(threshold=6), ann, "Another.")

    returned = policies.return_to(Policy.objects.get(version=2), ann)

    assert returned.reason == f"Return to version 2: {'x' * 279}"
    returned.full_clean()


def test_a_version_that_changes_nothing_is_refused(ann):
    with pytest.raises(NothingChanged, match="version 1, which is in force, has the same settings"):
        policies.adopt(draft(), ann, "Nothing.")
    with pytest.raises(NothingChanged):
        policies.return_to(Policy.objects.get(), ann)

    assert Policy.objects.count() == 1


def test_versions_are_never_edited_or_deleted():
    policy = Policy.objects.get()
    policy.threshold = 3

    for change in (
        policy.save,
        policy.delete,
        Policy.objects.all().delete,
        lambda: Policy.objects.update(threshold=3),
        lambda: Policy.objects.filter(version=1).update(threshold=3),
    ):
        with pytest.raises(AppendOnly):
            change()

    assert Policy.objects.get().threshold == 7


@pytest.mark.parametrize(
    "values",
    [
        {"threshold": 0.9},
        {"threshold": 11.1},
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"cheap_output_limit": 15},
        {"cheap_output_limit": 4097},
        {"strong_output_limit": 15},
        {"strong_output_limit": 4097},
        {"cheap_model": ""},
        {"strong_model": ""},
        {"analyzer": "guess"},
        {"reason": ""},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_the_form_and_by_the_database(values):
    policy = draft(version=2, reason="Why.")
    for name, value in values.items():
        setattr(policy, name, value)

    with pytest.raises(ValidationError) as refused:
        policy.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        policy.save()

    assert list(refused.value.message_dict) == list(values)


@pytest.mark.parametrize("name", ["gpt 4", "gpt-4\n", " "])
def test_a_model_name_has_no_spaces(name):
    policy = draft(version=2, reason="Why.", strong_model=name, strong_successor=name)

    with pytest.raises(ValidationError) as refused:
        policy.full_clean()

    assert set(refused.value.message_dict) == {"strong_model", "strong_successor"}


def test_one_version_is_in_force():
    with pytest.raises(IntegrityError), transaction.atomic():
        draft(version=2, reason="Why.", is_current=True).save()


def test_a_version_number_is_given_once():
    with pytest.raises(IntegrityError), transaction.atomic():
        draft(version=1, reason="Why.").save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("first_policy")
def test_versions_adopted_at_the_same_time_follow_each_other():
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def adopt(threshold: float) -> None:
        try:
            start.wait(10)
            policies.adopt(draft(threshold=threshold), None, f"To {threshold}.")
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=adopt, args=[threshold]) for threshold in (2, 3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    versions = list(Policy.objects.order_by("version"))
    assert [policy.version for policy in versions] == [1, 2, 3, 4, 5]
    assert [policy.is_current for policy in versions] == [False] * 4 + [True]
    assert [policy.replaces and policy.replaces.version for policy in versions] == [
        None,
        1,
        2,
        3,
        4,
    ]
