"""How shared words become an order, without a database."""

import pytest

from chatsite.knowledge.ranking import Hit, Ranking, rank
from chatsite.knowledge.words import MOST_TERMS, terms


def test_a_rare_word_tells_more_than_a_common_one():
    hits = [Hit("order", 1, 0.5), Hit("order", 2, 0.5), Hit("engraving", 3, 0.5)]

    ranking = rank(["order", "engraving"], hits, total=3, limit=3)

    assert [article for article, _ in ranking.articles] == [3, 1, 2]


def test_a_word_in_every_article_still_counts():
    hits = [Hit("card", 1, 0.2), Hit("card", 2, 0.6)]

    ranking = rank(["card"], hits, total=2, limit=1)

    assert [article for article, _ in ranking.articles] == [2]


def test_a_pair_decides_between_articles_that_hold_its_words():
    hits = [
        Hit(term, article, 0.5)
        for term, articles in {"gift": (1, 2), "card": (1, 2), "gift card": (2,)}.items()
        for article in articles
    ]

    ranking = rank(["gift", "card", "gift card"], hits, total=5, limit=2)

    assert [article for article, _ in ranking.articles] == [2, 1]


def test_evidence_is_full_when_the_listed_articles_hold_every_word():
    hits = [Hit("return", 1, 0.5), Hit("customs", 2, 0.5)]

    assert rank(["return", "customs"], hits, total=9, limit=2).evidence == 1
    assert 0 < rank(["return", "customs"], hits, total=9, limit=1).evidence < 1


def test_nothing_shared_ranks_nothing():
    assert rank(["quantum"], [], total=9, limit=4) == Ranking((), 0.0)
    assert rank([], [], total=0, limit=4) == Ranking((), 0.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("What are the ...?", []),
        ("Opening hours", ["opening", "hours", "opening hours"]),
        ("how long? HOW LONG!", ["long", "how long", "long how"]),
        ("can't pick-up", ["pick", "t pick", "pick up"]),
        ("naïve_café ﬁn", ["naïve", "café", "ﬁn", "naïve café", "café ﬁn"]),
    ],
)
def test_the_terms_of_a_question(text, expected):
    assert terms(text) == expected


def test_a_long_text_has_a_bounded_number_of_terms():
    found = terms(" ".join(f"word{number}" for number in range(20_000)))

    assert len(found) <= MOST_TERMS
    assert "word19999" in found
