"""Events in every form that a stream may have, and none that it may not."""

import asyncio
import gzip

import pytest

from tests.llm.asking import DONE, STOP, asked, event, words
from tests.upstream.exchange import Exchange
from tests.upstream.server import Upstream


async def test_events_may_be_cut_at_any_byte(upstream: Upstream) -> None:
    whole = words("Grüße — ") + words("日本 🙂") + STOP + event(choices=[], usage=None) + DONE
    upstream.sends(*(bytes([byte]) for byte in whole), every=0.0005)

    assert (await asked()).text == "Grüße — 日本 🙂"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
async def test_every_form_of_events_is_read(upstream: Upstream, end: str) -> None:
    lines = [
        '\ufeffdata: {"choices": [{"delta": {"content": "Oh. "}}]}',
        "",
        ": a comment",
        "",
        "event: message",
        "id: 7",
        'data: {"choices": [{"index": 0,',
        'data:"delta": {"content": "Hello"}}]}',
        "retry: 10",
        "",
        "",
        "data",
        "",
        'data:{"choices": [{"delta": {"content": "."}, "finish_reason": "stop"}]}',
        "",
        "data: [DONE]",
        "",
        "",
    ]
    stream = end.join(lines).encode()
    upstream.sends(*(stream[at : at + 7] for at in range(0, len(stream), 7)), every=0.001)

    assert (await asked()).text == "Oh. Hello."


async def test_half_a_line_end_is_not_a_whole_one(upstream: Upstream) -> None:
    first, second = b'data: {"choices": [{"delta":\r', b'\ndata: {"content": "Hello."}}]}\r\n\r\n'
    upstream.sends(first, second, STOP, every=0.02)

    assert (await asked()).text == "Hello."


async def test_a_last_event_without_its_blank_line_counts(upstream: Upstream) -> None:
    upstream.sends(words("Hello."), STOP.rstrip(b"\n"))

    assert (await asked()).text == "Hello."


async def test_a_compressed_stream_is_read(upstream: Upstream) -> None:
    body = gzip.compress(words("Hello.") + STOP + DONE)
    upstream.sends(body, headers={"Content-Encoding": "gzip"})

    assert (await asked()).text == "Hello."


async def test_what_is_not_text_is_left_out(upstream: Upstream) -> None:
    upstream.sends(
        event(),
        event(choices=None),
        event(choices=[]),
        event(choices=[{"index": 0}]),
        event(choices=[{"index": 0, "delta": None}]),
        event(choices=[{"index": 0, "delta": {"role": "assistant"}, "finish_reason": ""}]),
        event(choices=[{"index": 0, "delta": {"tool_calls": [{"index": 0}]}}]),
        words(None),
        words("Hel"),
        event(choices=[{"index": 1, "delta": {"content": "Another."}, "finish_reason": "stop"}]),
        words("lo\0."),
        words("", "stop"),
        DONE + words("More."),
    )

    assert (await asked()).text == "Hello."


async def test_the_connection_is_used_again(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open()
        exchange.event({"content": "Hello."}, "stop")
        exchange.done()
        await asyncio.sleep(0.02)  # and only then the end of the body

    upstream.otherwise = script

    for _ in range(3):
        await asked()

    assert len({call.peer for call in upstream.requests}) == 1
