"""`manage.py route` explains a decision without making one."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from routing import decisions, policies
from routing.models import Policy, RouteDecision, TaskType
from routing.tier_choice import Turn

pytestmark = pytest.mark.django_db

HOURS = "What are your business hours?"
RETURNS = (
    "Please explain your return policy: 1. a quality problem after use, 2. an opened limited "
    "edition, 3. a cross-border purchase. How is each handled, and at what cost?"
)


def explained(*words: str) -> dict[str, str]:
    said = StringIO()
    call_command("route", *words, stdout=said)
    return {line[:10].strip(): line[10:] for line in said.getvalue().splitlines()}


def test_an_easy_and_a_hard_question_are_explained():
    easy, hard = explained(HOURS), explained(RETURNS)

    assert easy["Tier"] == "cheap (gpt-3.5-turbo)"
    assert easy["Analyzer"] == "learned, first day"
    assert easy["Score"] == "4.9 of 10; Version 1 sends strong from 7 on"
    assert easy["Changes"] == "strong up to a threshold of 4.9, cheap above it"
    assert easy["Moved by"].startswith("hardly covered by the articles +2.3")
    assert easy["Language"] == "en"
    assert hard["Tier"] == "strong (gpt-4)"
    assert "questions +" in hard["Reason"]
    assert "questions +" in hard["Moved by"]


def test_what_is_beyond_ten_still_says_what_moved_it():
    found = explained("My lawyer will call: 1) you charged me twice 2) refund? 3) fees?")

    assert found["Score"].startswith("10 of 10")
    assert "about disputed payments and lost money and law and regulators +" in found["Moved by"]


def test_what_was_said_before_and_the_articles_count():
    plain = explained(HOURS)

    asked_again = explained(HOURS, "--earlier", "Hello, what are your business hours?")
    covered = explained(HOURS, "--evidence", "1")

    assert "asked before +" in asked_again["Moved by"]
    scores = [float(each["Score"].split()[0]) for each in (covered, plain, asked_again)]
    assert scores == sorted(scores)
    assert scores[0] < 2


def test_it_says_what_the_site_would_decide_and_stores_nothing():
    for text in (HOURS, RETURNS, "my son swallowed the ink", "", "😀"):
        found = explained(text)
        assert not RouteDecision.objects.exists()

        choice = decisions.decide("reply:1", Turn(text), policies.current())
        RouteDecision.objects.all().delete()

        assert found["Tier"].split()[0] == choice.tier
        assert found["Score"].startswith(f"{choice.score:g} of 10")
        # A threshold there is still strong, and a hair above it cheap.
        assert f"threshold of {choice.score:g}," in found["Changes"]


def test_it_says_that_no_model_was_asked():
    drafted = policies.current().draft()
    drafted.analyzer = Policy.Analyzer.MODEL
    policies.adopt(drafted, None, "Ask a model.")

    found = explained(HOURS)

    assert found["Analyzer"] == "learned, first day; the site asks the model; nothing is asked here"
    assert found["Score"].startswith("4.9 of 10; Version 2")


def test_task_types_that_are_not_learned_yet_are_said():
    assert explained(HOURS)["Task type"] == "none of them"

    TaskType.objects.create(name="Business hours", examples=HOURS)

    assert explained(HOURS)["Task type"].startswith("not learned yet")


@pytest.mark.parametrize("evidence", ["2", "-0.1", "nan", "much"])
def test_evidence_is_a_share(evidence):
    with pytest.raises(CommandError, match="evidence"):
        explained(HOURS, f"--evidence={evidence}")


def test_without_a_policy_it_says_what_to_do():
    Policy._base_manager.all().delete()

    with pytest.raises(CommandError, match="migrate"):
        explained(HOURS)
