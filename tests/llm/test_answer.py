"""What customers get of an answer, and what the ledger gets of its bill."""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any

import pytest

from billing.prices.pricing import Usage
from chatsite import llm
from chatsite.llm import Deadlines, FinishReason
from tests.llm.asking import DONE, KEY, QUESTION, STOP, asked, event, failure, words
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import SECRET
from tests.upstream.server import Billed, Upstream


async def test_an_answer_comes_in_pieces_and_ends_with_its_bill(upstream: Upstream) -> None:
    upstream.drips("We open at nine — every day.", every=0.01)

    heard: list[str] = []
    finished = await asked(heard, reference="reply:1:1")

    assert finished.text == "We open at nine — every day."
    assert len(heard) > 3
    assert finished.finish_reason is FinishReason.STOP
    assert finished.model == "gpt-3.5-turbo-0125"
    assert finished.service_tier == "default"
    assert finished.request_id.startswith("req_")
    (billed,) = upstream.bill
    assert billed.reference == "reply:1:1"
    assert finished.usage == Usage(billed.input_tokens, billed.output_tokens)


async def test_the_request_is_what_the_provider_documents(upstream: Upstream) -> None:
    await asked()

    (call,) = upstream.requests
    assert call.body == {
        "model": "gpt-3.5-turbo",
        "messages": QUESTION,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 200,
        "temperature": 0.2,
    }
    assert call.headers["Authorization"] == f"Bearer {KEY}"
    assert call.headers["Content-Type"] == "application/json"
    assert call.headers["Accept-Encoding"] == "identity"


async def test_without_a_key_the_demo_model_is_asked(upstream: Upstream, settings: Any) -> None:
    settings.OPENAI_API_KEY = ""

    await asked()

    assert upstream.requests[0].headers["Authorization"] == "Bearer demo"


async def test_an_answer_at_its_limit_says_so(upstream: Upstream) -> None:
    upstream.says("one two three four five six seven")

    finished = await asked(output_limit=3)

    assert finished.finish_reason is FinishReason.LENGTH
    assert finished.text == "one two three"


async def test_a_filtered_answer_says_so(upstream: Upstream) -> None:
    upstream.filters("One should not")

    assert (await asked()).finish_reason is FinishReason.CONTENT_FILTER


async def test_a_refusal_by_the_model_is_its_answer(upstream: Upstream) -> None:
    upstream.declines("I cannot help with that.")

    assert (await asked()).text == "I cannot help with that."


async def test_all_kinds_of_tokens_are_counted(upstream: Upstream) -> None:
    counts = {
        "prompt_tokens": 90,
        "completion_tokens": 40,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 16},
        "completion_tokens_details": {"reasoning_tokens": 32},
    }
    upstream.says("Yes.", usage=counts)

    assert (await asked()).usage == Usage(90, 40, 64, 16, 32)


async def test_the_bill_may_come_with_the_finish(upstream: Upstream) -> None:
    upstream.says("Yes.", usage_with_finish=True)

    usage = (await asked()).usage

    assert isinstance(usage, Usage)
    assert usage.output_tokens == upstream.bill[0].output_tokens


async def test_counts_on_the_way_are_not_the_bill(upstream: Upstream) -> None:
    count = {"prompt_tokens": 9, "completion_tokens": 1}
    upstream.sends(words("Yes", usage=count), words(" indeed."), STOP, DONE)

    finished = await asked()

    assert finished.text == "Yes indeed."
    assert finished.usage is None


@pytest.mark.parametrize(
    "counts",
    [
        {"prompt_tokens": 9},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 1.5, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": 1},
        {"prompt_tokens": 10**12, "completion_tokens": 1},
        {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": [1]},
    ],
)
async def test_a_bill_without_sense_is_no_bill(
    upstream: Upstream, counts: dict[str, object]
) -> None:
    upstream.sends(words("Yes."), STOP, event(choices=[], usage=counts), DONE)

    finished = await asked()

    assert finished.text == "Yes."
    assert finished.usage is None


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(lambda exchange: None, id="the stream ends"),
        pytest.param(Exchange.reset, id="the connection is reset"),
        pytest.param(lambda exchange: exchange.send(b"data: {oops\n\n"), id="nonsense follows"),
        pytest.param(lambda exchange: exchange.data({"error": {}}), id="an empty error follows"),
        pytest.param(
            lambda exchange: exchange.data({"error": {"message": SECRET}}), id="an error follows"
        ),
    ],
)
async def test_after_its_finish_an_answer_is_whole_whatever_follows(
    upstream: Upstream, ending: Callable[[Exchange], None]
) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        exchange.event({"content": "We open at nine."}, "stop")
        await asyncio.sleep(0.02)
        ending(exchange)

    upstream.does(script)

    finished = await asked()

    assert finished.text == "We open at nine."
    assert finished.usage is None


async def test_a_finished_answer_waits_for_its_bill_only_briefly(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        exchange.event({"content": "We open at nine."}, "stop")
        await exchange.until_left()

    monkeypatch.setattr("chatsite.llm.streaming.USAGE_WITHIN", 0.1)
    upstream.does(script)
    began = time.monotonic()

    finished = await asked()

    assert finished.text == "We open at nine."
    assert time.monotonic() - began < 4


async def test_without_done_an_answer_is_whole(upstream: Upstream) -> None:
    upstream.without_done("We open at nine.")

    finished = await asked()

    assert finished.text == "We open at nine."
    assert finished.usage is not None


async def test_calls_at_once_do_not_mix(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        for letter in exchange.call.question:
            exchange.event({"content": letter})
            await asyncio.sleep(0.002)
        exchange.event({}, "stop")
        exchange.done()

    upstream.otherwise = script
    questions = [f"question number {number}" for number in range(30)]

    answers = await asyncio.gather(
        *(asked(messages=[{"role": "user", "content": question}]) for question in questions)
    )

    assert [answer.text for answer in answers] == questions


def test_each_loop_has_connections_of_its_own(upstream: Upstream) -> None:
    async def once() -> str:
        finished = await asked()
        await llm.close()
        return finished.text

    assert [asyncio.run(once()) for _ in range(2)] == ["This is an answer."] * 2


async def test_nothing_is_left_of_a_call(upstream: Upstream) -> None:
    upstream.cuts()
    await failure()
    upstream.hangs()
    await failure(deadlines=Deadlines(first_byte=0.1))
    await asked()

    gc.collect()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_bill_of_the_upstream_is_what_it_made(upstream: Upstream) -> None:
    upstream.says("We open at nine.")
    finished = await asked(reference="reply:7:1", model="gpt-4")

    assert finished.usage is not None
    assert upstream.bill == [Billed("reply:7:1", "gpt-4", 24, 5)]
