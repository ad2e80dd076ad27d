"""Which articles answer a question: an index in each process, as new as the articles.

The one query of a search says whether the articles or their embeddings have changed since.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.urls import reverse

from chatsite.knowledge import embeddings
from chatsite.knowledge.embeddings import Progress
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import evidence, ranking
from chatsite.knowledge.search import used as used_articles
from chatsite.knowledge.search.index import Document, Index
from chatsite.knowledge.search.question import Question
from chatsite.knowledge.search.vectors import Floats, Vectors

MOST_ARTICLES = 4
WORDS_ALONE = "no article has an embedding yet"


@dataclass(frozen=True, slots=True)
class Match:
    """A published article that speaks of a question; relevance is 0..1."""

    id: int
    title: str
    slug: str
    body: str
    relevance: float
    passages: tuple[str, ...] = ()  # the best first

    @property
    def url(self) -> str:
        return _url(self.slug)


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

    `edition` is that of the articles, none newer: blank where nothing was found. `searched` says
    by what, as a phrase.
    """

    matches: tuple[Match, ...]
    evidence: float
    edition: str = ""
    searched: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The index of one state of the articles and of their embeddings."""

    edition: str
    embedded: int
    index: Index
    model: str = ""  # by which its passages are embedded


_held: Held | None = None
_building = threading.Lock()


def matching(
    question: Question,
    meant: Meant | None = None,
    limit: int = MOST_ARTICLES,
    held: Held | None = None,
) -> Found:
    """The published articles that answer any customer's question best; none for mere words.

    `held`: other articles than those that stand now.
    """
    held = held or _current()
    if not held.index.documents or not ranking.says_something(question):
        return Found((), 0.0)
    meant = meant or Meant()
    vectors: Sequence[Floats] = meant.vectors if meant.model == held.model else ()
    ranked = ranking.rank(held.index, question, vectors, limit)
    matches = tuple(_match(held.index, each) for each in ranked.articles)
    how = f"words and meaning ({held.model})" if vectors else f"words alone: {meant.why}"
    if not matches:
        return Found((), 0.0, searched=how)
    return Found(matches, evidence.probability(ranked.signs), held.edition, how)


def used(
    sentences: Sequence[str], given: Sequence[Match], language: str, held: Held | None = None
) -> list[Match]:
    """Those of the articles given that an answer's sentences are from, the most used first."""
    index = (held or _current()).index
    by_place = {
        at: match
        for match in given
        for at, document in enumerate(index.documents)
        if document.id == match.id
    }
    return [by_place[at] for at in used_articles.used(index, sentences, list(by_place), language)]


def changed(document: Document | None, instead_of: int | None) -> Held:
    """The articles as they would be with this one, instead of the one of this id.

    None for the one takes the other away. What has no embedding yet is found by its words.
    """
    current = _current()
    documents = [each for each in current.index.documents if each.id != instead_of]
    if document:
        documents.append(document)
    index = Index(sorted(documents, key=lambda each: each.id), current.index)
    model, stored = embeddings.in_use(index.passages)
    rows = [stored.get(passage.digest) for passage in index.passages]
    if stored:
        index = index.with_vectors(Vectors(rows, index.article))
    return Held(current.edition, current.embedded, index, model if stored else "")


def model_in_use() -> str:
    """By which a question has to be embedded; blank where words decide alone."""
    return _current().model


def embedding_progress() -> Progress:
    """How far the published articles are embedded."""
    return embeddings.progress(_current().index.passages)


def _match(index: Index, ranked: ranking.Ranked) -> Match:
    document = index.documents[ranked.article]
    return Match(
        document.id,
        document.title,
        document.slug,
        document.body,
        ranked.relevance,
        tuple(index.passages[at].text for at in ranked.passages),
    )


def _current() -> Held:
    """As the articles stand now. Whoever comes while it is built waits for it."""
    global _held
    edition, embedded = _edition()
    held = _held
    if held and edition and (held.edition, held.embedded) == (edition, embedded):
        return held
    with _building:
        if _held and edition and (_held.edition, _held.embedded) == (edition, embedded):
            return _held
        _held = _built(edition, embedded, _held)
        return _held


def _built(edition: str, embedded: int, before: Held | None) -> Held:
    if before and edition and before.edition == edition:
        index = before.index
    else:
        documents = [
            Document(*row)
            for row in Article.objects.published()
            .order_by("id")
            .values_list("id", "title", "slug", "body", "language")
        ]
        index = Index(documents, before.index if before else None)
    model, stored = embeddings.in_use(index.passages)
    rows = [stored.get(passage.digest) for passage in index.passages]
    if stored:
        index = index.with_vectors(Vectors(rows, index.article))
    return Held(edition, embedded, index, model if stored else "")


def _edition() -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value, embedded FROM knowledge_edition")
        found = cursor.fetchone()
    return found or ("", 0)


@lru_cache(maxsize=1000)
def _url(slug: str) -> str:
    """Looked up once: each answer names four."""
    return reverse("knowledge:article", args=[slug])
