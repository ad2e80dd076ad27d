"""Streams that end otherwise than an answer does: never a complete answer."""

import asyncio
import logging
import traceback
from collections.abc import Callable

import orjson
import pytest

from billing import tokens
from billing.prices.pricing import Estimate, Usage
from chatsite.llm import Deadlines, FinishReason, Kind
from tests.llm.asking import KEY, QUESTION, asked, event, failure, words
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import SECRET
from tests.upstream.server import Upstream

# By any of the tests below.
GUARDS = [
    (
        "chatsite/llm/response/answer.py",
        "        if self._room < 0 and self.ending is None:\n",
        "        if False:\n",
    ),
]

# What may have gone wrong on the way: another attempt may succeed.
BREAKS: dict[str, Callable[[Upstream], None]] = {
    "cut": Upstream.cuts,
    "reset": Upstream.resets,
    "empty": Upstream.empty,
    "only comments": Upstream.comments_only,
    "done at once": Upstream.bare_done,
    "an error reported": lambda upstream: upstream.reports("server_error"),
    "a quota used up on the way": lambda upstream: upstream.reports("insufficient_quota"),
    "an error in words": lambda upstream: upstream.sends(words("Hel"), event(error="in words")),
    "a finish after an error": lambda upstream: upstream.sends(
        words("Hel") + event(error={"code": 503}) + words("lo.", "stop")
    ),
    "half a finish": lambda upstream: upstream.sends(words("Hel"), words("lo.", "stop")[:-9]),
    "half a document": lambda upstream: upstream.sends(
        b'{"choices": [{"message": {"content": "Hel'
    ),
}
# What would be no answer the next time either.
FORMS: dict[str, Callable[[Upstream], None]] = {
    "bad JSON": Upstream.malforms,
    "a page of HTML": Upstream.html,
    "a string": lambda upstream: upstream.sends(words("Hel"), b'data: "a string"\n\n'),
    "a list": lambda upstream: upstream.sends(words("Hel"), event(choices=[[]])),
    "no list": lambda upstream: upstream.sends(words("Hel"), event(choices={"index": 0})),
    "a list of numbers": lambda upstream: upstream.sends(
        event(choices=[{"index": 0, "delta": {"content": [7]}}])
    ),
    "not UTF-8": lambda upstream: upstream.sends(words("Hel"), b'data: {"choices": "\xff"}\n\n'),
}


@pytest.mark.parametrize("script", BREAKS.values(), ids=BREAKS)
async def test_a_broken_stream_is_an_error(
    upstream: Upstream, script: Callable[[Upstream], None]
) -> None:
    script(upstream)

    error = await failure()

    assert error.kind is Kind.BROKEN
    assert error.retryable
    assert error.sent
    assert error.usage is None
    assert error.request_id.startswith("req_")


@pytest.mark.parametrize("script", FORMS.values(), ids=FORMS)
async def test_another_form_than_the_protocols_is_not_asked_for_again(
    upstream: Upstream, script: Callable[[Upstream], None]
) -> None:
    script(upstream)

    error = await failure()

    assert error.kind is Kind.PROTOCOL
    assert not error.retryable
    assert error.sent
    assert error.request_id.startswith("req_")


async def test_an_error_in_place_of_an_answer_is_told_apart(upstream: Upstream) -> None:
    upstream.sends(orjson.dumps({"error": {"code": 503}}))
    assert (await failure()).kind is Kind.OVERLOADED

    upstream.sends(orjson.dumps({"detail": "Invalid API key", "code": 401}))
    assert (await failure()).kind is Kind.UNAUTHORISED


async def test_a_broken_transfer_is_an_error(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        exchange.event({"content": "Hel"})
        await asyncio.sleep(0.02)
        exchange.raw(b"not the length of a chunk\r\n")

    upstream.does(script)

    # aiohttp tells its reader nothing of it: the deadline ends it.
    error = await failure(deadlines=Deadlines(idle=0.2))

    assert error.kind in {Kind.BROKEN, Kind.TIMEOUT}


async def test_the_words_before_a_break_are_heard(upstream: Upstream) -> None:
    upstream.cuts("It ends in the middle of it.", after=3)
    heard: list[str] = []

    await failure(heard=heard)

    assert "".join(heard) == "It ends in"


async def test_a_tool_call_is_no_answer_but_has_its_bill(upstream: Upstream) -> None:
    upstream.says("", finish="tool_calls", usage={"prompt_tokens": 9, "completion_tokens": 5})

    error = await failure()

    assert error.kind is Kind.PROTOCOL
    assert error.usage == Usage(9, 5)


async def test_an_error_before_the_first_word_says_what_it_is(upstream: Upstream) -> None:
    upstream.reports("insufficient_quota", after=0)

    error = await failure()

    assert error.kind is Kind.QUOTA
    assert error.code == "insufficient_quota"


async def test_an_endless_answer_is_cut_and_counted(upstream: Upstream) -> None:
    upstream.endless()

    finished = await asked(output_limit=100)

    assert finished.finish_reason is FinishReason.LENGTH
    assert 2000 < len(finished.text) < 200_000
    assert isinstance(finished.usage, Estimate)
    assert finished.usage.usage.output_tokens == tokens.count(finished.text, "gpt-3.5-turbo")
    assert finished.usage.usage.input_tokens == tokens.of_messages(QUESTION, "gpt-3.5-turbo")


async def test_an_event_without_end_is_stopped(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        exchange.event({"content": "Hel"})
        while not exchange.left:
            exchange.send(b"x" * 50_000)
            await asyncio.sleep(0.005)

    upstream.does(script)

    assert (await failure()).kind is Kind.PROTOCOL


@pytest.mark.parametrize(
    "script",
    [
        lambda upstream: upstream.fails(400, "context_length_exceeded"),
        lambda upstream: upstream.fails(500, SECRET),
        lambda upstream: upstream.reports(SECRET),
        Upstream.html,
        Upstream.drops,
        lambda upstream: upstream.sends(b"data: " + SECRET.encode() + b"\n\n"),
    ],
)
async def test_nothing_of_the_provider_or_the_key_is_told(
    upstream: Upstream,
    script: Callable[[Upstream], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    script(upstream)

    error = await failure()

    told = caplog.text + repr(error) + repr(vars(error))
    told += "".join(traceback.format_exception(error))
    told += "".join(traceback.format_exception(error.__context__ or error))
    assert SECRET not in told
    assert KEY not in told
    assert QUESTION[1]["content"] not in told
    assert error.__context__ is None, "a traceback shows the context as well"
