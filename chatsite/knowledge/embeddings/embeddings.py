"""The articles' embeddings as they stand: kept by the words that they are of.

Nothing says where a run has come to but the table itself: what is missing is made. So a run may
stop anywhere, and what was made for another model serves until all of the new one's are there.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from chatsite.celery import app
from chatsite.knowledge.models import Article, Embedding
from chatsite.knowledge.search import passages
from chatsite.knowledge.search.passages import Passage
from routing import policies
from routing.errors import NoPolicy

# By name: a web process that imported the task would load the provider's client, 30 MB.
EMBED = "chatsite.knowledge.tasks.embed_articles"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many passages have an embedding of the policy's model; blank: none is wanted."""

    model: str
    made: int
    wanted: int
    in_use: str  # the model by which questions are compared; blank: by words alone

    @property
    def complete(self) -> bool:
        return self.made >= self.wanted

    @property
    def percent(self) -> int:
        return 100 * self.made // self.wanted if self.wanted else 100


def ask_for_missing() -> None:
    """A hint, on commit: without a broker, each minute's look finds the changed article."""
    transaction.on_commit(partial(app.send_task, EMBED, retry=False), robust=True)


def wanted_model() -> str:
    """By the policy in force; blank: search by words alone."""
    try:
        return policies.current().embedding_model
    except NoPolicy:
        return ""


def progress(every: Sequence[Passage]) -> Progress:
    digests = {passage.digest for passage in every}
    model, stored = wanted_model(), _stored(digests)
    return Progress(model, stored[model], len(digests), _best(stored, model))


def in_use(every: Sequence[Passage]) -> tuple[str, Mapping[bytes, bytes]]:
    """The model by which most of the passages are embedded, and the vectors by digest.

    The policy's where it has as many as any other: until then the one before goes on.
    """
    digests = {passage.digest for passage in every}
    model = _best(_stored(digests), wanted_model())
    if not model:
        return "", {}
    rows = Embedding.objects.filter(model=model).values_list("digest", "vector")
    vectors = ((bytes(digest), bytes(vector)) for digest, vector in rows.iterator())
    return model, {digest: vector for digest, vector in vectors if digest in digests}


def every_passage() -> dict[bytes, Passage]:
    """Of all published articles, by digest."""
    articles = Article.objects.published().values_list("title", "body")
    return {
        passage.digest: passage
        for title, body in articles.iterator()
        for passage in passages.split(title, body)
    }


def _stored(digests: Collection[bytes]) -> Counter[str]:
    """How many of these each model has."""
    rows = Embedding.objects.values_list("model", "digest")
    return Counter(model for model, digest in rows.iterator() if bytes(digest) in digests)


def _best(stored: Counter[str], wanted: str) -> str:
    """Blank where the policy wants none."""
    if not wanted or not stored:
        return ""
    return max(stored, key=lambda model: (stored[model], model == wanted))
