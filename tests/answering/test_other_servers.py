"""Servers other than OpenAI's, through the whole product: what is shown, asked and charged."""

import asyncio

import pytest
from channels.db import database_sync_to_async

from billing.models import Budget, Hold, LedgerEntry
from chatsite.chat.models import Conversation, Message
from chatsite.knowledge.models import Article
from chatsite.llm import FinishReason, Kind, parameters
from chatsite.provider import known_models, model_health
from chatsite.provider.models import ProviderModel
from routing.models import RouteDecision
from tests.chat.conftest import Tab
from tests.llm.servers import STREAMS, Stream
from tests.upstream.exchange import Exchange, prompt_tokens
from tests.upstream.scripts import Says

# What another attempt may mend; every other row is to end in one call.
TRANSIENT = {Kind.BROKEN, Kind.OVERLOADED}
SETTLED = [case for case in STREAMS if case.end not in TRANSIENT]
# Nano-dollars per token of gpt-3.5-turbo.
INPUT, OUTPUT = 500, 1500


@pytest.fixture(autouse=True)
def _nothing_learned():
    yield
    parameters.news()
    parameters.restore({})


@pytest.fixture
def at_once(monkeypatch) -> None:
    """What a worker found out is kept before its next call, and not within a second."""
    monkeypatch.setattr(model_health, "KNOWN_FOR", 0.0)


async def asks(tab: Tab, text: str = "Hello?") -> Message:
    shown = len(tab.page.entries())
    await tab.say(text)
    await tab.sees(lambda page: len(page.entries()) >= shown + 2)
    return await tab.answer()


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case.server)
async def test_a_server_is_answered_or_ended_in_one_call_at_its_price(
    case: Stream, tab, worker, upstream
):
    upstream.sends(*case.sent, content_type=case.content_type, headers=case.headers)

    answer = await asks(tab)

    assert len(upstream.requests) == 1
    entry = await LedgerEntry.objects.aget()
    assert not await Hold.objects.aexists()
    if isinstance(case.end, Kind):
        assert answer.state in {"failed", "cut"}
        return
    states = {
        FinishReason.STOP: "complete",
        FinishReason.LENGTH: "cut",
        FinishReason.CONTENT_FILTER: "cut",
        FinishReason.UNCLEAR: "cut",
    }
    # The limit of a reply is 500 tokens here, and not the table's 200.
    end = FinishReason.STOP if case.server.startswith("a stop at the limit") else case.end
    assert (answer.state, answer.text) == (states[end], case.text)
    if case.usage is None:
        assert (entry.amount, entry.estimated) == (entry.reserved, True)
        return
    assert entry.estimated is bool(case.why)
    assert entry.estimated_because == case.why
    assert entry.input_tokens is not None
    assert entry.cached_tokens is not None
    assert entry.cache_write_tokens is not None
    assert entry.output_tokens is not None
    fresh = entry.input_tokens - entry.cached_tokens - entry.cache_write_tokens
    assert (
        entry.amount
        == (
            fresh * entry.input_rate
            + entry.cached_tokens * entry.cached_input_rate
            + entry.cache_write_tokens * entry.cache_write_rate
            + entry.output_tokens * entry.output_rate
        )
        // 10**6
    )
    if not case.why:
        assert (entry.input_tokens, entry.output_tokens) == (
            case.usage.input_tokens,
            case.usage.output_tokens,
        )


async def test_reasoning_beside_completion_is_paid_for(tab, worker, upstream):
    counts = {
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "total_tokens": 410,
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    upstream.says("Hello.", usage=counts)

    await asks(tab)

    assert (await LedgerEntry.objects.aget()).amount == 100 * INPUT + 310 * OUTPUT == 515_000


async def test_an_endless_answer_is_one_call_cut_and_paid_for_as_it_came(tab, worker, upstream):
    upstream.endless()

    answer = await asks(tab)

    entry = await LedgerEntry.objects.aget()
    assert (answer.state, answer.failure, len(upstream.requests)) == ("cut", "length", 1)
    assert entry.input_tokens is not None
    assert entry.output_tokens is not None
    assert entry.output_tokens > 500
    assert entry.amount == entry.input_tokens * INPUT + entry.output_tokens * OUTPUT
    assert "went on past its limit" in entry.estimated_because


async def test_thinking_is_neither_shown_nor_stored(tab, worker, upstream, at_once):
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        for word in ("PRIVATE ", "thoughts ", "go ", "on</think>", "Hello."):
            exchange.event({"content": word})
            await asyncio.sleep(0.05)
        exchange.event({}, "stop")
        exchange.done()

    upstream.otherwise = script

    answers = [await asks(tab, f"Hello, number {number}?") for number in range(2)]

    assert [answer.text for answer in answers] == ["Hello."] * 2
    assert "PRIVATE" not in tab.page.words()
    model = await ProviderModel.objects.aget(name="gpt-3.5-turbo")
    assert model.adjustments == "thinks_aloud"


async def test_a_refused_field_is_remembered_and_told(tab, worker, upstream, at_once):
    async def script(exchange: Exchange) -> None:
        if "temperature" in exchange.call.body:
            words = {"message": "Unsupported parameter: 'temperature'", "param": "temperature"}
            exchange.reply(400, {"error": words})
        else:
            await Says("Hello.")(exchange)

    upstream.otherwise = script

    answers = [await asks(tab, f"Hello, number {number}?") for number in range(2)]

    assert [answer.text for answer in answers] == ["Hello."] * 2
    assert len(upstream.requests) == 3
    assert await LedgerEntry.objects.acount() == 2
    model = await ProviderModel.objects.aget(name="gpt-3.5-turbo")
    assert model.adjustments == "temperature"


async def test_a_reply_that_is_deleted_while_it_is_written_is_paid_for_as_it_was(
    tab, worker, upstream
):
    deleted = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        usage = exchange.bill(2)
        await exchange.open()
        exchange.event({"content": "Hello. And good"})
        await asyncio.wait_for(deleted.wait(), 5)
        exchange.event({"content": "bye."}, "stop")
        exchange.usage(usage)
        exchange.done()

    upstream.does(script)
    await tab.say("Hello?")
    await tab.sees(lambda page: tab.newest and "Hello." in tab.newest.text)

    await Conversation.objects.all().adelete()
    deleted.set()
    await worker.written()

    entry = await LedgerEntry.objects.aget()
    assert (entry.outcome, entry.estimated, entry.output_tokens) == ("stop", False, 2)
    assert not await Hold.objects.aexists()


def chinese(characters: int) -> str:
    words = "请问我上周买的那支钢笔漏墨怎么处理运费由谁承担可以换货吗还是只能退款谢谢"
    return (words * (characters // len(words) + 1))[:characters]


async def test_long_messages_and_articles_still_get_an_answer_from_the_chosen_model(
    tab, worker, upstream, long_articles
):
    await database_sync_to_async(known_models.learn_context)("gpt-3.5-turbo", 8192)
    asked = [f"Leaking ink, question {number} {chinese(3800)}" for number in range(20)]

    answers = [await asks(tab, text) for text in asked]

    assert {(answer.state, answer.failure) for answer in answers} == {("complete", "")}
    assert set(upstream.models) == {"gpt-3.5-turbo", "gpt-4"} & set(upstream.models)
    assert len(upstream.requests) == 20
    for call, billed in zip(upstream.requests, upstream.bill, strict=True):
        assert billed.input_tokens + call.limit <= 8192
        assert call.question in asked[upstream.requests.index(call)]
    last = upstream.requests[-1].messages
    assert len(last) > 4, "a long message ends nothing that is older"
    assert "A pen that leaks" in last[0]["content"]
    decision = await RouteDecision.objects.alatest("id")
    assert "the end of “Leaking ink" in decision.left_out
    assert "older messages" in decision.left_out


@pytest.fixture
async def long_articles(shop) -> None:
    await Budget.objects.all().aupdate(limit=10**12)
    for number in range(2):
        await Article.objects.acreate(
            title=f"Leaking ink {number}",
            slug=f"ink-{number}",
            body="A pen that leaks ink is repaired free of charge. " * 1000,
            published=True,
        )


async def test_a_prompt_that_is_refused_as_too_long_is_made_to_fit(
    tab, worker, upstream, long_articles
):
    async def script(exchange: Exchange) -> None:
        if prompt_tokens(exchange.call) + exchange.call.limit > 2048:
            words = "This model's maximum context length is 2048 tokens."
            error = {"message": words, "code": "context_length_exceeded"}
            exchange.reply(400, {"error": error})
        else:
            await Says("Hello.")(exchange)

    upstream.otherwise = script

    answer = await asks(tab, "What helps against leaking ink?")

    assert (answer.state, len(upstream.requests)) == ("complete", 2)
    assert len(set(upstream.models)) == 1
    assert (await ProviderModel.objects.aget(name=upstream.models[0])).context == 2048
    amounts = [entry.amount async for entry in LedgerEntry.objects.order_by("id")]
    assert (amounts[0], len(amounts)) == (0, 2)
