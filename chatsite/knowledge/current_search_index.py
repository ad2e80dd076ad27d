"""The articles' index in each process, as new as the articles, and what of it a reader may read.

The one query of a search says whether the articles or their embeddings have changed since.
"""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection

from billing import clock
from chatsite.knowledge.embeddings import embeddings
from chatsite.knowledge.embeddings.embeddings import Progress
from chatsite.knowledge.models import Article, Edition
from chatsite.knowledge.search.index import Document, Index
from chatsite.knowledge.search.vectors import Vectors

Audience = Article.Audience

# What a saved answer may have been made of.
CUSTOMERS = (Audience.EVERYONE, Audience.SIGNED_IN)
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may read an article, and when."""

    audience: str
    valid_from: datetime | None
    valid_until: datetime | None

    def let(self, reader: Audience, now: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= now
        return begun and now < (self.valid_until or FOREVER) and self.audience in reader.reads


@dataclass(frozen=True, slots=True)
class Held:
    """The index of one state of the articles and of their embeddings."""

    edition: str
    embedded: int
    index: Index
    model: str = ""  # by which its passages are embedded
    terms: Mapping[int, Terms] = field(default_factory=dict)  # of each article, by id


@dataclass(frozen=True, slots=True)
class View:
    """What one reader may read of all that is published, from one moment to another."""

    of: Held
    since: datetime | None  # None: at any time, as no article begins or ends
    until: datetime
    held: Held

    def is_of(self, every: Held) -> bool:
        if self.of is not every:
            return False
        return self.since is None or self.since <= clock.now() < self.until


_held: Held | None = None
_views: dict[Audience, View] = {}
_building = threading.Lock()


def changed(document: Document | None, instead_of: int | None) -> Held:
    """The articles as they would be with this one, instead of the one of this id.

    None for the one takes the other away. What has no embedding yet is found by its words.
    """
    current = readable()
    documents = [each for each in current.index.documents if each.id != instead_of]
    if document:
        documents.append(document)
    index = Index(sorted(documents, key=lambda each: each.id), current.index)
    return Held(current.edition, current.embedded, *_with_meaning(index))


def model_in_use() -> str:
    """By which a question has to be embedded; blank where words decide alone."""
    return published().model


def embedding_progress() -> Progress:
    """How far the published articles are embedded."""
    return embeddings.progress(published().index.passages)


def editions() -> list[str]:
    """Of what customers may read now: as `Found.edition`, without the index."""
    now, edition = clock.now(), Edition.objects.values_list("value", flat=True).first() or ""
    rows = Article.objects.published().values_list("id", "audience", "valid_from", "valid_until")
    every = {number: Terms(who, begins, ends) for number, who, begins, ends in rows}
    return [_edition_without(edition, _hidden(every, reader, now)) for reader in CUSTOMERS]


def readable(reader: Audience = Audience.EVERYONE) -> Held:
    """What this reader may read now: as if there were nothing else.

    An index of its own, as what is hidden must not weigh in what is found, nor in the evidence.
    """
    every = published()
    if (view := _views.get(reader)) and view.is_of(every):
        return view.held
    with _building:
        view = _views[reader] = _viewed(every, reader, clock.now())
    return view.held


def _viewed(every: Held, reader: Audience, now: datetime) -> View:
    both = ((each.valid_from, each.valid_until) for each in every.terms.values())
    moments = [at for each in both for at in each if at]
    until = min((at for at in moments if at > now), default=FOREVER)
    since = now if moments else None
    hidden = _hidden(every.terms, reader, now)
    edition = _edition_without(every.edition, hidden)
    if not hidden:
        return View(every, since, until, every)
    for other in _views.values():
        # Readers mostly read the same.
        if other.of is every and other.held.edition == edition:
            return View(every, since, until, other.held)
    index = every.index.without(hidden)
    held = Held(edition, every.embedded, index, every.model, every.terms)
    return View(every, since, until, held)


def _hidden(every: Mapping[int, Terms], reader: Audience, now: datetime) -> set[int]:
    return {number for number, terms in every.items() if not terms.let(reader, now)}


def _edition_without(edition: str, hidden: Iterable[int]) -> str:
    """Another one where something is hidden, the same in every process."""
    if not edition or not hidden:
        return edition
    return hashlib.sha256(f"{edition} {sorted(hidden)}".encode()).hexdigest()[:32]


def published() -> Held:
    """All that is published, as it stands now. Whoever comes while it is built waits for it."""
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
        index, terms = before.index, before.terms
    else:
        rows = list(
            Article.objects.published()
            .order_by("id")
            .values_list(
                *("id", "title", "slug", "body", "language"),
                *("audience", "valid_from", "valid_until"),
            )
        )
        index = Index([Document(*row[:5]) for row in rows], before.index if before else None)
        terms = {row[0]: Terms(*row[5:]) for row in rows}
    return Held(edition, embedded, *_with_meaning(index), terms)


def _with_meaning(index: Index) -> tuple[Index, str]:
    """With the embeddings that its passages have by now, and the model that made them."""
    model, stored = embeddings.in_use(index.passages)
    if not stored:
        return index, ""
    rows = [stored.get(passage.digest) for passage in index.passages]
    return index.with_vectors(Vectors(rows, index.article)), model


def _edition() -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value, embedded FROM knowledge_edition")
        found = cursor.fetchone()
    return found or ("", 0)
