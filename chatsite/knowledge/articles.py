"""Which articles answer a question, and which an answer was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse

from chatsite.knowledge import current_search_index
from chatsite.knowledge.current_search_index import Audience, Held
from chatsite.knowledge.search import evidence, ranking, used_articles
from chatsite.knowledge.search.question import Question
from chatsite.knowledge.search.vectors import Floats

MOST_ARTICLES = 4
WORDS_ALONE = "no article has an embedding yet"


@dataclass(frozen=True, slots=True)
class Match:
    """An article that speaks of a question; relevance is 0..1."""

    id: int
    title: str
    slug: str
    body: str
    relevance: float
    passages: tuple[str, ...] = ()  # the best first
    audience: str = Audience.EVERYONE

    @property
    def url(self) -> str:
        return _url(self.slug)

    @property
    def audience_name(self) -> str:
        return str(Audience(self.audience).label)

    @property
    def source(self) -> dict[str, str]:
        """As messages keep it. `for`: who alone may read it; the help pages do not show it."""
        source = {"title": self.title, "url": self.url}
        return source if self.audience == Audience.EVERYONE else {**source, "for": self.audience}


@dataclass(frozen=True, slots=True)
class Meant:
    """A question's embeddings, by the model that made those of the articles.

    None, and `why` in words, where the words of the question have to do alone.
    """

    vectors: tuple[Floats, ...] = ()
    model: str = ""
    why: str = WORDS_ALONE
    suits_routing: bool = False  # the shipped first day's model was fitted to such embeddings

    @property
    def for_routing(self) -> tuple[float, ...]:
        """Of the question with its last turn; () where routing cannot read it."""
        return tuple(self.vectors[0].tolist()) if self.suits_routing and self.vectors else ()

    @property
    def of_its_words(self) -> tuple[float, ...]:
        """Of the question's own words; () where routing cannot read it."""
        return tuple(self.vectors[-1].tolist()) if self.suits_routing and self.vectors else ()


@dataclass(frozen=True, slots=True)
class Found:
    """The best matches first; `evidence` is the probability (0..1) that they hold the answer.

    `edition` is that of the articles that this reader may read now, none newer: blank where
    nothing was found. `searched` says by what, as a phrase.
    """

    matches: tuple[Match, ...]
    evidence: float
    edition: str = ""
    searched: str = ""


def matching(
    question: Question,
    meant: Meant | None = None,
    limit: int = MOST_ARTICLES,
    held: Held | None = None,
    reader: Audience = Audience.EVERYONE,
) -> Found:
    """The articles that answer a question best, of those that `reader` may read now.

    None for mere words. `held`: other articles than those that stand now.
    """
    held = held or current_search_index.readable(reader)
    if not held.index.documents or not ranking.says_something(question):
        return Found((), 0.0)
    meant = meant or Meant()
    vectors: Sequence[Floats] = meant.vectors if meant.model == held.model else ()
    ranked = ranking.rank(held.index, question, vectors, limit)
    matches = tuple(_match(held, each) for each in ranked.articles)
    how = f"words and meaning ({held.model})" if vectors else f"words alone: {meant.why}"
    if not matches:
        return Found((), 0.0, searched=how)
    return Found(matches, evidence.probability(ranked.signs), held.edition, how)


def used(
    sentences: Sequence[str], given: Sequence[Match], language: str, held: Held | None = None
) -> list[Match]:
    """Those of the articles given that an answer's sentences are from, the most used first."""
    index = (held or current_search_index.published()).index
    by_place = {index.places[match.id]: match for match in given if match.id in index.places}
    return [by_place[at] for at in used_articles.used(index, sentences, list(by_place), language)]


def _match(held: Held, ranked: ranking.Ranked) -> Match:
    index = held.index
    document = index.documents[ranked.article]
    terms = held.terms.get(document.id)
    return Match(
        document.id,
        document.title,
        document.slug,
        document.body,
        ranked.relevance,
        tuple(index.passages[at].text for at in ranked.passages),
        terms.audience if terms else Audience.EVERYONE,
    )


@lru_cache(maxsize=1000)
def _url(slug: str) -> str:
    """Looked up once: each answer names four. Among these addresses alone: all of the site's, with
    the admin behind them, are 24 MB that a worker needs for nothing else."""
    return reverse("article", args=[slug], urlconf="chatsite.knowledge.urls")
