"""A question's embedding: asked for while there is time, kept for whoever asks the same.

What a search waits for is short; without an answer it goes by words alone, and the receipt says so.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from billing.errors import AlreadyCharged
from chatsite import llm
from chatsite.chat.models import Message
from chatsite.knowledge.articles import Meant
from chatsite.knowledge.embeddings import embedding_calls
from chatsite.knowledge.embeddings.embedding_calls import Stopped
from chatsite.knowledge.search import ranking
from chatsite.knowledge.search.question import Question
from chatsite.knowledge.search.vectors import Floats, unit
from chatsite.llm import embeddings as server
from chatsite.runtime.grouped_writes import GroupedWrites
from routing.analysis import first_day_score

logger = logging.getLogger(__name__)

# Seconds that a customer waits for it.
WITHIN = 0.3
# Failures in a row after which the server is left alone, and for how many seconds.
MOST_SILENT, SILENT_FOR = 3, 30.0
# Texts whose vectors a worker keeps: 1.5 kB each.
MOST_KNOWN = 5000


@dataclass
class Meanings:
    """One worker's; its methods belong to the worker's loop."""

    writes: GroupedWrites
    _known: dict[tuple[str, str], Floats] = field(default_factory=dict)
    _suits_routing: dict[str, bool] = field(default_factory=dict)
    _silent: int = 0
    _silent_until: float = 0.0

    async def of(self, question: Question, reply: Message, model: str) -> Meant:
        """`model`: by which the articles are embedded; blank where they are not."""
        if not model or not ranking.says_something(question):
            return Meant()
        texts = ranking.texts(question)
        probes = first_day_score.shipped().probes if model not in self._suits_routing else ()
        asked = [*texts, *(probe.text for probe in probes)]
        missing = [text for text in dict.fromkeys(asked) if (model, text) not in self._known]
        if missing and (why := await self._ask(missing, reply, model)):
            return Meant(why=why)
        if probes:
            # Once in a worker's life for each model: three more texts in a request.
            vectors = [self._known[model, probe.text].tolist() for probe in probes]
            self._suits_routing[model] = first_day_score.serves(probes, vectors)
        known = tuple(self._known[model, text] for text in texts)
        return Meant(known, model, suits_routing=self._suits_routing[model])

    async def _ask(self, texts: Sequence[str], reply: Message, model: str) -> str:
        """Why there is none; blank where the vectors are known now."""
        clock = asyncio.get_running_loop().time
        if clock() < self._silent_until:
            return "the embeddings server is not answering"
        begun = clock()
        try:
            reference = await self.writes.run(partial(_reserve, texts, model, reply))
        except Stopped as error:
            return str(error)
        try:
            left = max(WITHIN - (clock() - begun), WITHIN / 2)
            embedded = await server.ask(texts, model, server.Kind.QUERY, left)
        except llm.UpstreamError as error:
            await self.writes.run(partial(embedding_calls.settle_failed, reference, error))
            self._failed(error)
            late = error.kind == llm.Kind.TIMEOUT
            return f"no embedding within {WITHIN:g} s" if late else "no embedding was available"
        self._silent = 0
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        for text, vector in zip(texts, embedded.vectors, strict=True):
            self._known[model, text] = unit(vector)
        await self.writes.run(partial(embedding_calls.settle, reference, embedded))
        return ""

    def _failed(self, error: llm.UpstreamError) -> None:
        self._silent += 1
        if self._silent >= MOST_SILENT:
            logger.warning("Searching by words alone for a while: %s", error)
            self._silent_until = asyncio.get_running_loop().time() + SILENT_FOR


def _reserve(texts: Sequence[str], model: str, reply: Message) -> str:
    """The reference of the call. Raises Stopped."""
    held = reply.conversation
    for reference in reply.search_references(reply.attempt + 1):
        with contextlib.suppress(AlreadyCharged):
            return embedding_calls.reserve(
                texts,
                model,
                reference,
                conversation=held.reference,
                visitor=held.visitor,
                address=held.address,
            )
    raise Stopped("embeddings were asked for several times")
