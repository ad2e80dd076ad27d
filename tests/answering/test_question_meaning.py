"""What a worker searches by: the question's embedding where it comes in time, else words."""

import uuid
from functools import partial

import pytest
from channels.db import database_sync_to_async

from billing.models import Hold, LedgerEntry
from chatsite.answering.question import question_embedding
from chatsite.chat.actions import ask
from chatsite.chat.admin import answer_receipts
from chatsite.chat.models import Conversation
from chatsite.knowledge.tasks import embed_articles
from routing.analysis import first_day_score
from routing.models import RouteDecision
from tests.guards import guards

MODEL = "text-embedding-3-small"


@pytest.fixture
async def embedded(shop, upstream, monkeypatch) -> None:
    """A shop whose articles have their embeddings; a busy machine has time for a question's."""
    monkeypatch.setattr(question_embedding, "WITHIN", 5.0)
    upstream.embeddings.serves = True
    await database_sync_to_async(embed_articles)()
    upstream.embeddings.asked.clear()


async def searched(tab) -> str:
    answer = await tab.answer()
    decision = await RouteDecision.objects.aget(reference=answer.reference)
    return decision.searched


async def test_a_question_is_searched_by_its_meaning(embedded, tab, worker, upstream):
    await tab.say("How much is shipping to Norway?")

    assert await searched(tab) == f"words and meaning ({MODEL})"
    (request,) = upstream.embeddings.asked
    # A worker's first request also asks whether the model is the one that routing knows.
    probes = [probe.text for probe in first_day_score.shipped().probes]
    assert (request["input"], request["input_type"]) == (
        ["How much is shipping to Norway?", *probes],
        "query",
    )
    entry = await LedgerEntry.objects.aget(purpose="search", conversation__gt="")
    assert entry.amount > 0
    assert not await Hold.objects.aexists()


async def test_the_same_question_is_embedded_once(embedded, tab, worker, upstream):
    await tab.say("How much is shipping to Norway?")
    await tab.answer()
    await tab.say("How much is shipping to Norway?")
    await tab.answer()

    texts = [text for request in upstream.embeddings.asked for text in request["input"]]
    assert texts.count("How much is shipping to Norway?") == 1


async def test_nobody_waits_long_for_an_embedding(embedded, tab, worker, upstream, monkeypatch):
    monkeypatch.setattr(question_embedding, "WITHIN", 0.3)
    upstream.embeddings.after = 5

    await tab.say("How much is shipping to Norway?")

    assert await searched(tab) == "words alone: no embedding within 0.3 s"
    assert not await Hold.objects.aexists()


async def test_without_embeddings_nobody_is_asked(shop, tab, worker, upstream):
    await tab.say("How much is shipping to Norway?")

    assert (await searched(tab)).startswith("words alone")
    assert upstream.embeddings.asked == []


async def test_sources_are_what_the_answer_used(shop, tab, worker, upstream):
    upstream.says("Shipping to Norway costs €14.95. It is free from €180.")
    await tab.say("How much is shipping to Norway?")

    answer = await tab.answer()

    assert [source["title"] for source in answer.sources] == ["Shipping costs"]


async def test_an_answer_that_found_nothing_shows_no_sources(shop, tab, worker, upstream):
    text = "I could not find that in our help articles. Shall I pass you on to a person?"
    for _ in range(2):
        upstream.says(text)
    await tab.say("How much is shipping to Norway?")

    answer = await tab.answer()

    assert answer.text == text
    assert answer.sources == []


@guards(
    "chatsite/answering/question/question_embedding.py",
    "with contextlib.suppress(AlreadyCharged):",
    "with contextlib.suppress(ZeroDivisionError):",
)
async def test_what_is_said_while_its_embedding_is_awaited_is_searched_too(
    embedded, tab, start_worker, upstream, after_the_first_look
):
    await tab.say("How much is shipping to Norway?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    held = await Conversation.objects.aget()
    after_the_first_look(
        partial(ask.question, held.public_id, held.visitor, "And to Iceland?", uuid.uuid4())
    )

    start_worker()
    answer = await tab.answer()

    assert answer.state == "complete"
    assert await searched(tab) == f"words and meaning ({MODEL})"
    calls = LedgerEntry.objects.filter(purpose="search", conversation__gt="").order_by("id")
    assert [entry.reference async for entry in calls] == [
        f"search:{answer.pk}:1",
        f"search:{answer.pk}:1.2",
    ]
    receipt = await database_sync_to_async(answer_receipts.of)([answer])
    assert "Search, attempt 1.2" in [each.what for each in receipt[answer.pk].attempts]
