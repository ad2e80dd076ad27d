"""Which articles cover a question: full-text search on SQLite (FTS5) and PostgreSQL.

Each database says which article holds which term how densely; `ranking` orders them alike.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.urls import reverse

from chatsite.knowledge import ranking, words

# A term in the title says what the article is about. BM25 flattens repetitions, so 8 mentions weigh
# about twice as much as one; PostgreSQL's rank does not flatten, so its titles weigh 2.5 times.
# Measured on the sample shop's questions: hit@3 is 0.92 on both, and moves by 0.03 around these.
SQLITE_TITLE_WEIGHT = 8.0
POSTGRESQL_WEIGHTS = [0.0, 0.0, 0.4, 1.0]  # of its labels D, C, B (text) and A (title)
# The rank at which a term counts half.
POSTGRESQL_HALF = 0.2


@dataclass(frozen=True, slots=True)
class Match:
    """A published article that speaks of a question; relevance is 0..1."""

    id: int
    title: str
    slug: str
    body: str
    relevance: float

    @property
    def url(self) -> str:
        return _url(self.slug)


@dataclass(frozen=True, slots=True)
class Found:
    """The best matches first, and the evidence (0..1) that together they cover the question.

    `edition` is that of the articles, none newer: blank where nothing was found.
    """

    matches: tuple[Match, ...]
    evidence: float
    edition: str = ""


def matching(text: str, limit: int = 4) -> Found:
    """The published articles that cover any customer's text best; none where nothing is shared."""
    terms = words.terms(text)
    if not terms:
        return Found((), 0.0)
    search = _postgresql if connection.vendor == "postgresql" else _sqlite
    hits, total, edition = search(terms)
    ranked = ranking.rank(terms, hits, total, limit)
    rows = _read(tuple(article for article, _ in ranked.articles), edition)
    matches = tuple(
        Match(article, *rows[article], relevance)
        for article, relevance in ranked.articles
        if article in rows  # deleted since
    )
    return Found(matches, ranked.evidence, edition)


@lru_cache(maxsize=500)
def _read(ids: tuple[int, ...], _edition: str) -> dict[int, tuple[str, str, str]]:
    """Title, slug and body of each, kept until any article changes: that makes another edition.

    By hand, for the reason that `chat.statements` gives.
    """
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    sql = f"SELECT id, title, slug, body FROM knowledge_article WHERE id IN ({marks})"  # noqa: S608 - marks alone
    with connection.cursor() as cursor:
        cursor.execute(sql, ids)
        return {article: (title, slug, body) for article, title, slug, body in cursor.fetchall()}


@lru_cache(maxsize=1000)
def _url(slug: str) -> str:
    """Looked up once: each answer names four."""
    return reverse("knowledge:article", args=[slug])


def _sqlite(terms: Sequence[str]) -> tuple[list[ranking.Hit], int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.value, knowledge_search.rowid, -bm25(knowledge_search, %s, 1.0),
                   (SELECT count(*) FROM knowledge_article WHERE published),
                   (SELECT value FROM knowledge_edition)
            FROM json_each(%s) AS asked
            JOIN knowledge_search ON knowledge_search MATCH '"' || asked.value || '"'
            """,
            [SQLITE_TITLE_WEIGHT, json.dumps(terms)],
        )
        rows = cursor.fetchall()
    if not rows:
        return [], 0, ""
    total, edition = rows[0][3:]
    # FTS5 weighs terms by rarity itself, and those in every second article with nearly nothing,
    # which few articles make the rule. What is left without its weight is BM25's density of a term.
    holders = Counter(row[0] for row in rows)
    hits = []
    for term, article, score, *_ in rows:
        rarity = math.log((total - holders[term] + 0.5) / (holders[term] + 0.5))
        hits.append(ranking.Hit(term, article, score / max(rarity, 1e-6) / 2.2))
    return hits, total, edition or ""


def _postgresql(terms: Sequence[str]) -> tuple[list[ranking.Hit], int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.term, article.id, ts_rank_cd(%s::real[], article.search, asked.query, 1),
                   (SELECT count(*) FROM knowledge_article WHERE published),
                   (SELECT value FROM knowledge_edition)
            FROM (
                SELECT term, phraseto_tsquery('knowledge', term) AS query
                FROM unnest(%s::text[]) AS term
            ) AS asked
            JOIN knowledge_article AS article
              ON article.published AND article.search @@ asked.query
            """,
            [POSTGRESQL_WEIGHTS, list(terms)],
        )
        rows = cursor.fetchall()
    hits = [
        ranking.Hit(term, article, rank / (rank + POSTGRESQL_HALF))
        for term, article, rank, *_ in rows
    ]
    total, edition = rows[0][3:] if rows else (0, "")
    return hits, total, edition or ""
