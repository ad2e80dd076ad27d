"""The first day on messages to shops that it was not fitted to, in 27 languages; by words alone."""

from functools import cache
from pathlib import Path

import pytest

from routing.analysis import hazards, site_profile
from routing.learning import labelled_data, message_evaluation

MESSAGES = Path(__file__).parent / "messages"
# What goes to the strong tier of short dangers, and of dangers in other languages. Of these rows
# two in five, more than half and three in five need it, of a site's one in four: the scale is moved
# by them, so that no more than a share of them can.
FLOORS = {"unseen.jsonl": (0.7, 0.75), "unseen-2.jsonl": (0.75, 0.65), "unseen-3.jsonl": (0.6, 0.5)}


@cache
def report(name):
    found = labelled_data.read(MESSAGES / name)
    assert isinstance(found, labelled_data.Messages)
    vectors: list[tuple[float, ...]] = [()] * len(found.rows)
    scores = message_evaluation.first_day_scores(found.rows, vectors, site_profile.shipped())
    return message_evaluation.report(found.rows, scores, 7)


@pytest.mark.parametrize("name", FLOORS)
def test_danger_is_told_from_other_messages(name):
    assert report(name).whole.auc >= 0.95
    assert report(name).groups["short"].auc >= 0.94
    assert report(name).groups["other languages"].auc >= 0.93


@pytest.mark.parametrize(("name", "floors"), FLOORS.items())
def test_short_and_dangerous_ones_go_to_the_strong_tier(name, floors):
    groups = report(name).groups

    assert groups["short and dangerous"].recall >= floors[0]
    assert groups["dangerous in other languages"].recall >= floors[1]


@pytest.mark.parametrize("name", FLOORS)
def test_a_long_story_around_a_plain_question_does_not(name):
    assert report(name).groups["long but trivial"].strong_share <= 0.07


@pytest.mark.parametrize(
    ("typed", "hazard"),
    [
        ("dziecko polknelo guzik", "poisoning and medicines"),
        ("prizden duman cikiyor", "fire, gas and electricity"),
        ("der lugter af gas", "fire, gas and electricity"),
        ("det braender i gangen", "fire, gas and electricity"),
        ("am inghitit detergent", "poisoning and medicines"),
    ],
)
def test_danger_is_understood_without_accents(typed, hazard):
    assert hazard in hazards.shipped().found(typed).certain
