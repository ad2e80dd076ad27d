"""A score and a threshold make a tier."""

import pytest

from routing.tier_choice import Score, Shift, Tier, choose


@pytest.mark.parametrize(
    ("score", "threshold", "tier"),
    [
        (6.9, 7, Tier.CHEAP),
        (7.0, 7, Tier.STRONG),
        (7.1, 7, Tier.STRONG),
        (1.0, 1, Tier.STRONG),  # 1: always strong
        (10.0, 10, Tier.STRONG),
        (10.0, 11, Tier.CHEAP),  # 11: never strong
    ],
)
def test_the_strong_tier_answers_from_the_threshold_on(score, threshold, tier):
    choice = choose(Score(score, "rules", ("one short question",)), threshold)

    assert (choice.tier, choice.score, choice.threshold) == (tier, score, threshold)


def test_a_choice_says_why_in_words():
    score = Score(8.5, "rules", ("3 things asked", "about health", "40 words", "upset", "again"))

    choice = choose(score, 7)

    assert choice.analyzer == "rules"
    assert choice.reason == "Score 8.5 reaches 7: 3 things asked; about health; 40 words; upset."
    assert choose(score, 9).reason.startswith("Score 8.5 is below 9: 3 things asked")


@pytest.mark.parametrize(
    ("to", "tier", "note"),
    [
        (8.2, Tier.CHEAP, "rules. Threshold 7 raised to 8.2: it is late."),
        (6.5, Tier.STRONG, "rules. Threshold 7 lowered to 6.5: it is late."),
        (7, Tier.STRONG, "rules."),
    ],
)
def test_what_moves_the_threshold_is_said(to, tier, note):
    choice = choose(Score(7.5, "rules", ("by the rules",)), 7, Shift(to, "it is late"))

    assert (choice.tier, choice.threshold) == (tier, to)
    assert choice.reason.endswith(note)
