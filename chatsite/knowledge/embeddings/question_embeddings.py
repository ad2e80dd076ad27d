"""Embeddings of questions for commands and tasks, which have time. Workers ask in their loop."""

from collections.abc import Iterator, Sequence
from uuid import uuid4

from chatsite import llm
from chatsite.knowledge import current_search_index
from chatsite.knowledge.articles import Meant
from chatsite.knowledge.embeddings import embedding_calls, embeddings, hazard_example_embeddings
from chatsite.knowledge.embeddings.embedding_calls import Stopped
from chatsite.knowledge.search import question, ranking
from chatsite.knowledge.search.question import Question
from chatsite.knowledge.search.vectors import Floats, unit
from chatsite.llm import embeddings as server
from routing.analysis import first_day_score
from routing.tier_choice import Turn

# Seconds that somebody who looks at a page waits for a server; the chat waits less.
WITHIN = 3.0


def of(
    questions: Sequence[Question], reference: str = "", within: float | None = None
) -> list[Meant]:
    """One for each, in batches on the ledger. Raises Stopped where the server gives none.

    `reference`: what the call's begins with there, where somebody asks for its cost. `within`: as
    in `llm.embeddings.ask_now`.
    """
    model = current_search_index.model_in_use()
    if not model:
        return [Meant() for _ in questions]
    wanted = list(dict.fromkeys(text for each in questions for text in ranking.texts(each)))
    probes = first_day_score.shipped().probes
    known = vectors([*wanted, *(probe.text for probe in probes)], model, reference, within)
    suits = first_day_score.serves(probes, [known[probe.text].tolist() for probe in probes])
    return [
        Meant(tuple(known[text] for text in ranking.texts(each)), model, "", suits)
        for each in questions
    ]


def vectors(
    texts: Sequence[str], model: str, reference: str = "", within: float | None = None
) -> dict[str, Floats]:
    """Of each text, in batches on the ledger. Raises Stopped where the server gives none."""
    return dict(_asked(list(dict.fromkeys(texts)), model, reference or "search", within))


def of_one(question: Question, reference: str = "") -> Meant:
    """For whoever waits for it. Without an embedding, and says why, where there is none in time."""
    try:
        return of([question], reference, WITHIN)[0]
    except Stopped as error:
        return Meant(why=str(error))


def for_routing(
    questions: Sequence[Question], reference: str = ""
) -> tuple[list[tuple[float, ...]], str]:
    """One for each as routing reads it, or () for all; and by what messages are then read."""
    none: list[tuple[float, ...]] = [()] * len(questions)
    model = embeddings.wanted_model()
    if not model:
        return none, "words"
    probes = first_day_score.shipped().probes
    try:
        # First whether routing can read them: thousands of messages would be embedded for nothing.
        known = vectors([probe.text for probe in probes], model, reference)
        if not first_day_score.serves(probes, [known[probe.text].tolist() for probe in probes]):
            return none, f"words, as the first day's model was not fitted to embeddings by {model}"
        known = vectors([each.whole for each in questions if each.whole], model, reference)
    except Stopped as error:
        return none, f"words, as {error}"
    found = [tuple(known[each.whole].tolist()) if each.whole else () for each in questions]
    return found, f"embeddings by {model} and words"


def turn_of(text: str) -> Turn:
    """A message that somebody tries, as its embedding tells of it."""
    meant = of_one(question.of(text))
    like = hazard_example_embeddings.like(meant)
    return Turn(text, evidence=0.5, vector=meant.for_routing, like=like, searched=meant.why)


def _asked(
    texts: Sequence[str], model: str, reference: str, within: float | None
) -> Iterator[tuple[str, Floats]]:
    for at in range(0, len(texts), server.MOST_TEXTS):
        batch = texts[at : at + server.MOST_TEXTS]
        call = embedding_calls.reserve(batch, model, f"{reference}:{uuid4().hex}")
        try:
            embedded = server.ask_now(batch, model, server.Kind.QUERY, within)
        except llm.UpstreamError as error:
            embedding_calls.settle_failed(call, error)
            raise Stopped(f"the embeddings server did not answer ({error.kind})") from error
        embedding_calls.settle(call, embedded)
        yield from zip(batch, map(unit, embedded.vectors), strict=True)
