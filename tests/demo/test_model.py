"""The demo model as the site meets it: a server on loopback, asked by `llm`."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from billing import tokens
from chatsite import llm
from chatsite.demo import demo_server
from chatsite.llm import Deadlines, Delta, Finished, FinishReason, batches
from chatsite.llm.batches import Request
from chatsite.quality.judges import rubric
from chatsite.summaries import summary_prompt
from routing.analysis import scoring_prompt
from routing.analysis.scoring_prompt import SCORING_FORMAT, read_scores
from routing.tier_choice import Turn
from tests.demo.shop import messages
from tests.services import free_port

HOURS = ["01-business-hours", "02-contact"]
OPENING = messages("What are your business hours?", of=HOURS)
ROOT = Path(__file__).resolve().parents[2]
# Seconds; daphne starts in 2 on a machine with nothing else to do.
READY_WITHIN = 30


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Its address, as for OPENAI_BASE_URL."""
    port = free_port()
    command = [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(port)]
    daphne = subprocess.Popen([*command, "chatsite.demo.demo_server:application"], cwd=ROOT)
    try:
        asyncio.run(_ready(f"http://127.0.0.1:{port}/v1"))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        daphne.terminate()
        daphne.wait(10)


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
        while True:
            try:
                async with session.get(f"{url}/models"):
                    return
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


@pytest.fixture
async def asked(server: str, settings: Any) -> AsyncGenerator[Any]:
    """Asks it, and returns the end with the seconds at which each piece came."""
    settings.OPENAI_BASE_URL = server
    settings.OPENAI_API_KEY = ""

    async def ask(**otherwise: Any) -> tuple[Finished, list[float]]:
        arguments: dict[str, Any] = {
            "model": "gpt-3.5-turbo",
            "messages": OPENING,
            "output_limit": 400,
            "temperature": 0.2,
            "deadlines": Deadlines(),
        } | otherwise
        began, times, ends = time.monotonic(), [], []
        async for part in llm.stream(**arguments):
            if isinstance(part, Delta):
                times.append(time.monotonic() - began)
            else:
                ends.append(part)
        assert isinstance(ends[0], Finished)
        return ends[0], times

    yield ask
    await llm.close()


async def test_it_answers_from_the_articles_piece_by_piece(asked: Any) -> None:
    finished, times = await asked()

    assert "Monday to Friday from 09:00 to 21:00" in finished.text
    assert finished.finish_reason is FinishReason.STOP
    assert finished.model == "gpt-3.5-turbo"
    assert len(times) > 10


async def test_its_usage_is_what_was_sent_and_said(asked: Any) -> None:
    finished, _ = await asked()

    assert finished.usage is not None
    sent = sum(tokens.count(message["content"], "gpt-3.5-turbo") for message in OPENING)
    assert sent < finished.usage.input_tokens <= tokens.of_messages(OPENING, "gpt-3.5-turbo")
    said = tokens.count(finished.text, "gpt-3.5-turbo")
    assert said <= finished.usage.output_tokens < 1.2 * said


@pytest.mark.parametrize(
    ("name", "first", "rate"), [("gpt-3.5-turbo", 0.35, 60), ("gpt-4", 0.7, 30)]
)
async def test_its_pace_is_a_models(asked: Any, name: str, first: float, rate: float) -> None:
    finished, times = await asked(model=name, output_limit=40)

    made = finished.usage.output_tokens
    assert first <= times[0] < first + 3
    assert 0.7 * made / rate < times[-1] - times[0] < 1.1 * made / rate + 3


async def test_its_strong_models_say_more() -> None:
    question = messages(
        "how long is the warranty on pens", of=["12-warranty", "13-repairs-and-nib-service"]
    )

    short, long = (
        demo_server.answer({"model": name, "messages": question})
        for name in ("gpt-3.5-turbo", "gpt-4")
    )

    assert len(long.text) > len(short.text)


async def test_it_keeps_to_the_limit(asked: Any) -> None:
    finished, _ = await asked(output_limit=12)

    assert finished.finish_reason is FinishReason.LENGTH
    assert finished.usage.output_tokens <= 12


@pytest.mark.parametrize("name", ["gpt-3.5-turbo", "gpt-4", "gpt-6-luna"])
async def test_it_scores_messages(asked: Any, name: str) -> None:
    turns = [
        Turn("What are your business hours?"),
        Turn(
            "1) A pen broke after use, 2) I opened a limited edition, 3) I bought it from Japan. "
            "How is each return handled, at what cost, and who pays the customs duties?"
        ),
    ]

    finished, _ = await asked(
        model=name,
        messages=scoring_prompt.messages(turns, "How hard is it?"),
        response_format=SCORING_FORMAT,
    )

    easy, hard = read_scores(finished.text, 2)
    assert easy <= 3
    assert hard >= 7


async def test_it_answers_whole_too(server: str) -> None:
    body = {"model": "gpt-3.5-turbo", "messages": OPENING, "max_tokens": 30}

    status, reply = await _post(server, orjson.dumps(body))

    assert status == 200
    assert reply["choices"][0]["message"]["content"].startswith("All times are Rotterdam time")
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["usage"]["completion_tokens"] <= 30


@pytest.mark.parametrize(
    "body",
    [
        b"no JSON",
        b"\xff",
        b"[]",
        b"{}",
        b'{"model": "gpt-4", "messages": []}',
        b'{"model": "gpt-4", "messages": ["Hi"]}',
        b'{"model": "gpt-4", "messages": [{"role": "user", "content": null}]}',
        b'{"model": 4, "messages": [{"role": "user", "content": "Hi"}]}',
        b'{"model": "gpt-4", "max_tokens": -1, "messages": [{"role": "user", "content": "Hi"}]}',
        b'{"model": "gpt-4", "messages": [{"role": "user", "content": "{\\"messages\\": 1}"}]}',
        b'{"model": "gpt-4", "messages": [{"role": "user", "content": "Hi"}]}' + b" " * 1_100_000,
    ],
)
async def test_what_is_no_request_is_refused(server: str, body: bytes) -> None:
    status, reply = await _post(server, body)

    assert status == 400
    assert reply["error"]["type"] == "invalid_request_error"


async def test_it_lists_its_models_and_nothing_else(server: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server}/models") as response:
            names = [each["id"] for each in (await response.json())["data"]]
        async with session.get(f"{server}/files") as response:
            status = response.status

    assert {"gpt-3.5-turbo", "gpt-4"} <= set(names)
    assert status == 404


async def test_batches_are_taken_and_run(server, settings) -> None:
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = server, ""
    articles = [("Business hours", "We are open from nine to five on weekdays.")]
    cases = {
        "judge:1": "We are open from nine to five on weekdays.",
        "judge:2": "Our helicopter lands behind the volcano.",
    }
    requests = [
        Request(name, "gpt-4", rubric.messages([("customer", "When?")], articles, answer), 600)
        for name, answer in cases.items()
    ]
    said = [("customer", "When are you open?"), ("assistant", "From nine."), ("customer", "Why?")]
    requests.append(Request("summary:1:9", "gpt-4", summary_prompt.messages("English", said), 500))

    def run() -> dict[str, batches.Result]:
        file = batches.upload(requests)
        assert batches.find(file) == ""
        batch = batches.create(file)
        assert batches.find(file) == batch
        done = batches.progress(batch)
        assert done.over
        return {result.reference: result for result in batches.results(done)}

    results = await asyncio.to_thread(run)

    summary = results.pop("summary:1:9").finished
    assert summary is not None
    assert summary.text.startswith("The customer asked “When are you open?” and 1 more message")
    scores = {}
    for name, result in results.items():
        assert result.finished is not None
        assert result.finished.usage is not None
        scores[name] = rubric.read(result.finished.text).score
    assert scores["judge:1"] > 0.9 > 0.2 > scores["judge:2"]


async def test_what_is_no_batch_is_refused(server, settings) -> None:
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = server, ""

    with pytest.raises(llm.UpstreamError, match="unknown_model: status 404"):
        await asyncio.to_thread(batches.progress, "batch-999")
    refused = await asyncio.to_thread(
        lambda: batches.progress(batches.create("file-999")),
    )
    assert (refused.state, refused.files) == ("failed", ())


async def test_who_leaves_is_not_written_to() -> None:
    body = orjson.dumps({"model": "gpt-4", "messages": OPENING, "stream": True})
    received: Iterator[Mapping[str, Any]] = iter(
        [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    )
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return next(received)

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions"}
    await asyncio.wait_for(demo_server.application(scope, receive, send), 1)

    assert len(sent) == 2, "the head and the first, empty piece"


async def _post(server: str, body: bytes) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server}/chat/completions", data=BytesIO(body)) as response,
    ):
        return response.status, await response.json()
