"""Every checked answer has one verdict, with what it takes to learn from it."""

import re

import pytest
from django.db import IntegrityError, transaction

from routing import policies
from routing.checks import check_records
from routing.checks.verifier import Answered, measure, verify
from routing.models import AnswerCheck, Policy

pytestmark = pytest.mark.django_db

ANSWERED = Answered(
    "How long can I return a pen?",
    "You can return a pen within 90 days.",
    ("Returns\nYou can return a pen within 30 days.",),
)
Outcome = AnswerCheck.Outcome


def store(call: str = "reply:1:1", outcome: Outcome = Outcome.ESCALATED) -> AnswerCheck:
    check_records.store("reply:1", call, verify(ANSWERED), 0.5, outcome)
    return AnswerCheck.objects.get(reference="reply:1")


def test_a_verdict_is_stored_with_what_moved_it():
    verdict = store()

    assert (verdict.call, verdict.threshold, verdict.verifier) == ("reply:1:1", 0.5, "first day")
    assert verdict.doubt == verify(ANSWERED).doubt
    assert verdict.features == {name: round(value, 4) for name, value in measure(ANSWERED).items()}
    assert re.match(r"Doubt 0\.\d\d reaches 0\.50: a figure that no article states", verdict.reason)
    assert "return a" not in str(verdict.features)


def test_an_answer_without_articles_says_that_it_was_not_checked():
    fine = Answered("When do you open?", "We open at nine.")

    check_records.store("reply:2", "reply:2:1", verify(fine), 0.6, Outcome.TRUSTED)

    assert AnswerCheck.objects.get().reason == "Not checked: no article was found."


def test_the_newest_verdict_of_a_reply_counts():
    store()
    again = store("reply:1:3", Outcome.TRUSTED)

    assert (again.call, again.outcome) == ("reply:1:3", "trusted")
    assert not AnswerCheck.objects.doubted().exists()


def test_what_came_of_it_is_said_once():
    store()

    check_records.ended("reply:1", Outcome.REPLACED)
    check_records.ended("reply:1", Outcome.FAILED)

    assert AnswerCheck.objects.doubted().get().outcome == "replaced"


def test_a_verdict_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        check_records.store("reply:1", "reply:1:1", verify(ANSWERED), 0.5, Outcome.TRUSTED)


@pytest.mark.parametrize(
    ("field", "value"), [("doubt", 1.5), ("doubt", -0.1), ("outcome", "guessed")]
)
def test_the_database_refuses_a_verdict_without_sense(field, value):
    verdict = store()
    setattr(verdict, field, value)

    with pytest.raises(IntegrityError), transaction.atomic():
        verdict.save()


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_the_database_refuses_a_doubt_threshold_out_of_range(value):
    draft = policies.current().draft()
    draft.doubt_threshold = value

    with pytest.raises(IntegrityError), transaction.atomic():
        policies.adopt(draft, None, "To see whether it holds.")


def test_a_new_site_checks_its_cheap_answers():
    assert policies.current().doubt_threshold == 0.6
    assert "doubt_threshold" in Policy.SETTINGS
