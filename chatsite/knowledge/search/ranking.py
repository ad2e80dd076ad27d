"""Which articles answer a question, by words and by meaning together. Pure.

Measured on questions in 13 languages: the two best passages of an article, by meaning, with the
best by words and concepts added; reciprocal ranks and titles apart were worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chatsite.knowledge.search import lexicon, words
from chatsite.knowledge.search.index import CONCEPT, Index
from chatsite.knowledge.search.question import Question
from chatsite.knowledge.search.vectors import Floats

# What the words of the turn before count beside those of the question, and those of its answer.
BEFORE, ANSWER = 0.4, 0.3
# Of a follow-up's meaning, the share of its own words; the rest is that of the turn and the words.
OWN = 0.5
# Spreads of likeness that one point by words is worth.
WORDS_WEIGHT = 0.25
# The relevance (0..1) that is shown: a half at so many points.
HALF_BY_WORDS, HALF_BY_MEANING = 12.0, 4.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """An article with its relevance (0..1) and its passages, the best first."""

    article: int  # its place in the index
    relevance: float
    passages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best articles, and what tells whether they hold the answer, by name."""

    articles: tuple[Ranked, ...]
    signs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The terms of the question, those of everything, and how the question reads."""

    own: Mapping[str, float]
    terms: Mapping[str, float]
    reading: lexicon.Reading
    tokens: tuple[str, ...]


def rank(index: Index, question: Question, vectors: Sequence[Floats], limit: int) -> Ranking:
    """The `limit` best; `vectors` are of `texts(question)`, or none where words decide alone."""
    asked = _asked(index, question)
    by_words = index.by_words(asked.terms)
    by_meaning = _likeness(index, vectors)
    words_best, _ = index.best_of_articles(by_words)
    if by_meaning is None:
        scores, passage_scores, half = words_best, by_words, HALF_BY_WORDS
    else:
        # Other languages are farther from everything: what counts is who stands out.
        above = by_meaning - by_meaning.mean()
        best, second = index.best_of_articles(above)
        scores = (best + second) / 2 + WORDS_WEIGHT * words_best
        passage_scores = above + WORDS_WEIGHT * by_words
        half = HALF_BY_MEANING
    # Equal scores in a fixed order, so that the same question finds the same.
    order = np.argsort(-scores, kind="stable")[:limit]
    articles = tuple(
        Ranked(
            int(at), float(scores[at] / (scores[at] + half)), _passages(index, at, passage_scores)
        )
        for at in order
        if scores[at] > 0
    )
    return Ranking(articles, _signs(index, asked, by_words, by_meaning, scores))


def texts(question: Question) -> list[str]:
    """What is to be embedded: everything, and a follow-up's own words too."""
    return list(dict.fromkeys([question.whole, question.text])) if question.text else []


def says_something(question: Question) -> bool:
    """Whether there is anything to search: "hello" and "?" find nothing."""
    reading = lexicon.read(question.whole)
    stop = lexicon.stop_words_of(lexicon.languages())
    left = [t for t in words.tokens(words.fold(question.whole)) if t not in stop]
    return bool(reading.concepts or left)


def _asked(index: Index, question: Question) -> _Asked:
    own, reading, text = index.terms(question.text)
    terms = dict(own)
    before = index.terms(question.before)[0] if question.before else {}
    answer = index.terms(question.answer, corrected=False)[0] if question.answer else {}
    for found, weight in ((before, BEFORE), (answer, ANSWER)):
        for term, counted in found.items():
            terms[term] = max(terms.get(term, 0.0), weight * counted)
    return _Asked(own, terms, reading, tuple(words.tokens(words.fold(text))))


def _likeness(index: Index, vectors: Sequence[Floats]) -> Floats | None:
    if index.vectors is None or not vectors:
        return None
    whole, *own = (index.vectors.likeness(vector) for vector in vectors)
    return (1 - OWN) * whole + OWN * own[0] if own else whole


def _passages(index: Index, article: int, scores: Floats) -> tuple[int, ...]:
    of_it = np.flatnonzero(index.article == article)
    return tuple(int(at) for at in of_it[np.argsort(-scores[of_it], kind="stable")])


def _signs(
    index: Index, asked: _Asked, by_words: Floats, by_meaning: Floats | None, scores: Floats
) -> dict[str, float]:
    """How much of the question is covered, by what, and how far the best stands out."""
    if not len(scores):
        return {}
    order = np.argsort(-scores, kind="stable")[:5]
    top = scores[order]
    fit = by_words if by_meaning is None else by_meaning + WORDS_WEIGHT * by_words
    best = int(np.argmax(fit))
    concepts = {term: w for term, w in asked.terms.items() if term.startswith(CONCEPT)}
    own_concepts = {term: w for term, w in asked.own.items() if term.startswith(CONCEPT)}
    plain = {term: w for term, w in asked.own.items() if not term.startswith(CONCEPT)}
    of_best = set(np.flatnonzero(index.article == index.article[best]).tolist())
    signs = {
        "words": float(by_words.max()),
        "concepts": float(index.by_words(concepts).max()),
        "length": float(np.log1p(len(asked.tokens))),
        "named": float(len(own_concepts)),
        "unknown": _unknown(index, asked, plain) / max(1, len(asked.tokens)),
        "lead": float((top[0] - top[1:].mean()) if len(top) > 1 else 0.0),
        "held_by_passage": index.share_held(plain, {best}),
        "held_by_article": index.share_held(plain, of_best),
        "meant_by_passage": index.share_held(own_concepts, {best}),
        "meant_by_article": index.share_held(own_concepts, of_best),
        "meant_anywhere": index.share_held(own_concepts, None),
        "follows": float(asked.own != asked.terms),
    }
    if by_meaning is not None:
        two = np.sort(by_meaning)[::-1][:2]
        signs |= {
            "likeness": float(two[0]),
            "second": float(two[-1]),
            "mean": float(by_meaning.mean()),
            "spread": float(by_meaning.std()),
            "agree": float(index.article[by_meaning.argmax()] == index.article[by_words.argmax()]),
        }
    return signs


def _unknown(index: Index, asked: _Asked, plain: Mapping[str, float]) -> int:
    """How many words of the question no article has."""
    tokens = [
        token for token in asked.tokens if token not in asked.reading.known and token not in plain
    ]
    return len(tokens) + sum(not len(index.holders(term)) for term in plain)
