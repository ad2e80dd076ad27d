"""A policy names what was learned; workers read it once and decide by it."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing import decisions, policies
from routing.errors import AppendOnly
from routing.learning import learned_models, model_training
from routing.models import LearnedModel, Policy, RouteDecision
from routing.tier_choice import Turn
from tests.routing.analysis.test_learned import site

pytestmark = pytest.mark.django_db

TURN = Turn("Which of the two is better for a left-handed writer, and why?")


@pytest.fixture(scope="module")
def text() -> str:
    return model_training.model(list(site(300, seed=1))).text()


@pytest.fixture(autouse=True)
def _nothing_read() -> Iterator[None]:
    """Rows that a test rolls back leave their primary keys to the next."""
    yield
    learned_models.analyzer.cache_clear()


def adopted(text: str) -> Policy:
    drafted = policies.current().draft()
    kind = LearnedModel.Kind.ANALYZER
    drafted.learned_analyzer = LearnedModel.objects.create(kind=kind, text=text, labels=300)
    return policies.adopt(drafted, None, "As learned.")


def test_an_accepted_model_decides_and_is_read_once(text):
    first = decisions.decide("reply:1", TURN, policies.current())
    policy = adopted(text)
    decisions.decide("reply:2", TURN, policy)

    with CaptureQueriesContext(connection) as queries:
        second = decisions.decide("reply:3", TURN, policy)

    assert (first.analyzer, second.analyzer) == ("learned, first day", "learned")
    assert first.reason != second.reason
    assert len(queries) == 1
    assert RouteDecision.objects.get(reference="reply:3").analyzer == "learned"


@pytest.mark.parametrize("text", ["", "{}", '{"format": 0}'])
def test_a_model_that_cannot_be_read_leaves_the_first_day_in_force(text, caplog):
    choice = decisions.decide("reply:1", TURN, adopted(text))

    assert choice.analyzer == "learned, first day"
    assert "is not used" in caplog.text


def test_a_new_model_is_a_change_and_a_return_undoes_it(text):
    before = policies.current()
    after = adopted(text)

    back = policies.return_to(before, None)

    assert after.changes == [f"learned analyzer none → {after.learned_analyzer}"]
    assert back.learned_analyzer is None


def test_a_learned_model_is_not_edited(text):
    model = adopted(text).learned_analyzer
    assert model is not None

    with pytest.raises(AppendOnly):
        model.save()
