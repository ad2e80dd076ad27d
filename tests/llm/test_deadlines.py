"""How long a customer waits for a provider, and who hangs up."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from chatsite import llm
from chatsite.llm import Deadlines, Finished, Kind
from tests.guards import guards
from tests.llm.asking import PATIENT, QUESTION, asked, event, failure, words
from tests.upstream.exchange import Exchange
from tests.upstream.server import Upstream


@pytest.mark.parametrize("script", [Upstream.hangs, Upstream.never_answers])
async def test_a_silent_provider_is_left_in_time(
    upstream: Upstream, script: Callable[[Upstream], None]
) -> None:
    script(upstream)
    began = time.monotonic()

    error = await failure(deadlines=Deadlines(first_byte=0.15, idle=0.15, total=5))

    assert error.kind is Kind.TIMEOUT
    assert error.retryable
    assert error.sent
    assert 0.1 < time.monotonic() - began < 4


@pytest.mark.parametrize(
    "life",
    [b": processing\n\n", words(None), event(choices=[{"delta": {"reasoning_content": "Hm. "}}])],
    ids=["a comment", "a chunk without words", "a thought"],
)
async def test_life_on_the_wire_is_progress(upstream: Upstream, life: bytes) -> None:
    upstream.sends(*[life] * 30, words("We open at nine.", "stop"), every=0.05)

    finished = await asked(deadlines=Deadlines(first_byte=5, idle=1, total=20))

    assert finished.text == "We open at nine."
    assert len(upstream.requests) == 1


async def test_life_without_words_ends_with_the_time_for_everything(upstream: Upstream) -> None:
    upstream.sends(*[b": processing\n\n"] * 100, every=0.02)
    began = time.monotonic()

    error = await failure(deadlines=Deadlines(first_byte=0.3, idle=0.3, total=0.6))

    assert error.kind is Kind.TIMEOUT
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(("first_byte", "idle"), [(8, 0.3), (0.3, 0.5)])
async def test_a_provider_that_falls_silent_is_left_in_time(
    upstream: Upstream, first_byte: float, idle: float
) -> None:
    upstream.hangs(after=3)
    heard: list[str] = []
    began = time.monotonic()

    error = await failure(heard=heard, deadlines=Deadlines(first_byte, idle, total=8))

    assert error.kind is Kind.TIMEOUT
    assert "".join(heard) == "It stops in"
    assert time.monotonic() - began < 4


@guards(
    "chatsite/llm/streaming.py",
    "                until = min(end, clock() + deadlines.idle)\n",
    "                until = clock() + deadlines.idle\n",
)
async def test_a_drip_is_left_in_time(upstream: Upstream) -> None:
    upstream.drips("word " * 100, every=0.03)
    began = time.monotonic()

    error = await failure(deadlines=Deadlines(first_byte=5, idle=5, total=0.3))

    assert error.kind is Kind.TIMEOUT
    assert time.monotonic() - began < 4


async def test_a_slow_answer_within_its_deadlines_is_whole(upstream: Upstream) -> None:
    upstream.drips("one two three four five six seven eight", every=0.15)

    finished = await asked(deadlines=Deadlines(first_byte=0.9, idle=0.9, total=10))

    assert finished.text.endswith("eight")


async def test_the_readers_own_time_is_not_the_providers(upstream: Upstream) -> None:
    upstream.drips("one two three four five six seven eight", every=0.2)
    parts = []

    async for part in llm.stream(
        model="gpt-4",
        messages=QUESTION,
        output_limit=200,
        temperature=0,
        deadlines=Deadlines(first_byte=5, idle=0.4, total=10),
    ):
        parts.append(part)
        await asyncio.sleep(0.5)

    assert isinstance(parts[-1], Finished)


@pytest.mark.parametrize("stage", ["before", "during"])
async def test_a_cancelled_call_leaves_the_provider(upstream: Upstream, stage: str) -> None:
    begun, gone = threading.Event(), threading.Event()

    async def script(exchange: Exchange) -> None:
        if stage == "during":
            await exchange.open()
            exchange.event({"content": "It"})
        begun.set()
        await exchange.until_left()
        gone.set()

    upstream.does(script)
    task = asyncio.create_task(asked())
    assert await asyncio.to_thread(begun.wait, 5)
    await asyncio.sleep(0.05)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(gone.wait, 5)


async def test_a_call_that_nobody_reads_to_its_end_leaves_the_provider(upstream: Upstream) -> None:
    gone = threading.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.open()
        exchange.event({"content": "It"})
        await exchange.until_left()
        gone.set()

    upstream.does(script)

    call = llm.stream(
        model="gpt-4", messages=QUESTION, output_limit=9, temperature=0, deadlines=PATIENT
    )
    async with contextlib.aclosing(call) as parts:
        async for _ in parts:
            break

    assert await asyncio.to_thread(gone.wait, 5)
