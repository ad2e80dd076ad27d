"""Embeddings of articles, examples and questions, on the ledger by purpose `search`."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from billing import clock, ledger, tokens
from billing.errors import NoPrice, NoRoom
from billing.prices.pricing import Usage
from chatsite import llm
from chatsite.knowledge.embeddings import embeddings, hazard_example_embeddings
from chatsite.knowledge.models import Edition, Embedding
from chatsite.knowledge.search.vectors import pack
from chatsite.llm import embeddings as server

logger = logging.getLogger(__name__)

PURPOSE, TIER = "search", "search"
HOLD = timedelta(minutes=5)
# Other tokenizers need up to twice as many for the same text; it is given back when it settles.
MARGIN = 2
# Digests in one statement.
CHUNK = 500


class Stopped(Exception):
    """No more embeddings can be made now; says why, as the end of a sentence."""


def make() -> int:
    """Make all that is missing, batch after batch; returns how many. Raises Stopped."""
    model = embeddings.wanted_model()
    passages = {key: passage.whole for key, passage in embeddings.every_passage().items()}
    if not model or not passages:
        return 0
    # Dangers first: they are few.
    examples = hazard_example_embeddings.texts()
    made = _make(model, examples, server.Kind.QUERY) + _make(model, passages, server.Kind.PASSAGE)
    # What nobody has any longer, and the model's before this one.
    stale = [
        row
        for row, digest, of in Embedding.objects.values_list("id", "digest", "model").iterator()
        if of != model or (bytes(digest) not in passages and bytes(digest) not in examples)
    ]
    for at in range(0, len(stale), CHUNK):
        Embedding.objects.filter(id__in=stale[at : at + CHUNK]).delete()
    return made


def _make(model: str, every: Mapping[bytes, str], kind: server.Kind) -> int:
    """Of these texts by digest, what is missing; returns how many. Raises Stopped."""
    have = {
        bytes(digest)
        for digest in Embedding.objects.filter(model=model).values_list("digest", flat=True)
    }
    missing = [digest for digest in every if digest not in have]
    for at in range(0, len(missing), server.MOST_TEXTS):
        batch = missing[at : at + server.MOST_TEXTS]
        _store(model, batch, _asked(model, [every[digest] for digest in batch], kind))
        logger.info("%d of %d texts embedded (%s)", at + len(batch), len(missing), kind)
    return len(missing)


def _asked(model: str, texts: Sequence[str], kind: server.Kind) -> server.Embedded:
    """One call, on the ledger. Raises Stopped."""
    reference = reserve(texts, model, f"embed:{uuid4().hex}")
    try:
        embedded = server.ask_now(texts, model, kind)
    except llm.UpstreamError as error:
        settle_failed(reference, error)
        why = error.kind.replace("_", " ")
        raise Stopped(f"the embeddings server did not answer ({why})") from error
    settle(reference, embedded)
    return embedded


@transaction.atomic
def _store(model: str, batch: Sequence[bytes], embedded: server.Embedded) -> None:
    Embedding.objects.bulk_create(
        (
            Embedding(model=model, digest=digest, vector=pack(vector))
            for digest, vector in zip(batch, embedded.vectors, strict=True)
        ),
        ignore_conflicts=True,  # another worker's, made meanwhile
    )
    Edition.objects.update(embedded=F("embedded") + 1)


def reserve(
    texts: Sequence[str],
    model: str,
    reference: str,
    *,
    conversation: str = "",
    visitor: str = "",
    address: str = "",
) -> str:
    """Hold what the call costs at the most; whose it is as in ledger.Call. Raises Stopped."""
    now = clock.now()
    counted = MARGIN * sum(tokens.count(text, model) + 1 for text in texts)
    call = ledger.Call(reference, PURPOSE, model, TIER, conversation, visitor, address)
    try:
        ledger.reserve(call, Usage(counted, 0), expires_at=now + HOLD, now=now)
    except NoPrice as error:
        raise Stopped(f"{model} has no price") from error
    except NoRoom as error:
        raise Stopped("a budget has no room for it") from error
    return reference


def settle(reference: str, embedded: server.Embedded) -> None:
    ledger.settle(
        reference, embedded.usage, model=embedded.model, outcome="embedded", now=clock.now()
    )


def settle_failed(reference: str, error: llm.UpstreamError) -> None:
    """Charge nothing where nothing was sent or the server refused, else what was held."""
    if not error.sent:
        ledger.release(reference)
        return
    refused = error.kind not in {llm.Kind.TIMEOUT, llm.Kind.UNREACHABLE, llm.Kind.PROTOCOL}
    usage = Usage(0, 0) if refused else None
    ledger.settle(reference, usage, outcome=error.kind, now=clock.now())
