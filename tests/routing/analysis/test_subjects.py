"""Which of several subjects a text speaks of."""

import pytest

from routing.analysis.subjects import Vocabulary
from tests.guards import guards

PETS = Vocabulary(
    {
        "cats": (r"cat\b|(?:my|the) kitten|purr(?:s|ed)?\b", "猫"),
        "dogs": (r"dog|(?:bark|growl)ing\b|\d dogs|e?-?dog\b", "犬|!!"),
        "walks": (r"(?:dog|cat) [a-z ]{0,20}walk|leash", ""),
    }
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("cats and concatenation", ()),
        ("a cat", ("cats",)),
        ("dogged", ("dogs",)),
        ("the kitten purrs", ("cats",)),
        ("barking, growling", ("dogs",)),
        ("3 dogs", ("dogs",)),
        ("an e-dog", ("dogs",)),
        ("猫和犬", ("cats", "dogs")),
        ("really!!", ("dogs",)),
        ("leash, cat", ("cats", "walks")),
        ("the kitten, a dog on a leash", ("cats", "dogs", "walks")),
    ],
)
def test_each_subject_is_found_once_and_in_order(text, found):
    assert PETS.found(text) == found


@guards("routing/analysis/subjects.py", 'r"\\W\\b(?=(?:%s))"', 'r"\\W\\b(?:%s)"')
def test_words_that_overlap_are_all_found():
    fire = Vocabulary({"fire": (r"on [a-z ]{0,20}fire", ""), "law": ("lawyer", "")})

    assert fire.found("on my lawyer fire") == ("fire", "law")
