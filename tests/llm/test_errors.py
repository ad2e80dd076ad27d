"""What the provider refuses, and what never reached it."""

import asyncio
import contextlib
import email.utils
import gzip
import socket
import time
from typing import Any

import pytest

from chatsite.llm import Kind
from chatsite.llm.refusal_parsing import refusal
from tests.llm.asking import asked, failure
from tests.upstream.exchange import Exchange
from tests.upstream.scripts import SECRET
from tests.upstream.server import Upstream


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "context_length_exceeded", Kind.TOO_LONG, False),
        (400, "content_policy_violation", Kind.REFUSED, False),
        (400, "content_filter", Kind.REFUSED, False),
        (400, "", Kind.BAD_REQUEST, False),
        (401, "invalid_api_key", Kind.UNAUTHORISED, False),
        (402, "", Kind.QUOTA, False),
        (403, "", Kind.UNAUTHORISED, False),
        (403, "model_not_found", Kind.UNKNOWN_MODEL, False),
        (404, "model_not_found", Kind.UNKNOWN_MODEL, False),
        (404, "", Kind.UNKNOWN_MODEL, False),
        (408, "", Kind.TIMEOUT, True),
        (409, "", Kind.OVERLOADED, True),
        (413, "", Kind.TOO_LONG, False),
        (422, "", Kind.BAD_REQUEST, False),
        (429, "rate_limit_exceeded", Kind.OVERLOADED, True),
        (429, "insufficient_quota", Kind.QUOTA, False),
        (500, "", Kind.OVERLOADED, True),
        (502, "", Kind.OVERLOADED, True),
        (503, "", Kind.OVERLOADED, True),
        (504, "", Kind.TIMEOUT, True),
        (529, "", Kind.OVERLOADED, True),
        (302, "", Kind.BAD_REQUEST, False),
    ],
)
async def test_an_http_error_is_told_apart(
    upstream: Upstream, status: int, code: str, kind: Kind, retryable: bool
) -> None:
    upstream.fails(status, code, location=upstream.url)

    error = await failure()

    assert error.kind is kind
    assert error.retryable is retryable
    assert error.sent
    assert error.request_id.startswith("req_")
    assert len(upstream.requests) == 1, "asked once: a retry has a ledger row of its own"


@pytest.mark.parametrize(
    ("status", "body", "kind", "context"),
    [
        (
            400,
            {
                "error": {
                    "message": "This model's maximum context length is 8192 tokens. However, "
                    "you requested 9092 tokens (8192 in the messages, 900 in the completion)."
                }
            },
            Kind.TOO_LONG,
            8192,
        ),
        (
            422,
            {
                "error": "Invalid: `inputs` tokens + `max_new_tokens` must be <= 4096.",
                "error_type": "validation",
            },
            Kind.TOO_LONG,
            4096,
        ),
        (
            400,
            {
                "error": {
                    "type": "exceed_context_size_error",
                    "message": "the request exceeds the available context size",
                    "n_prompt_tokens": 9000,
                    "n_ctx": 2048,
                }
            },
            Kind.TOO_LONG,
            2048,
        ),
        (
            400,
            [
                {
                    "error": {
                        "message": "The input token count (1200000) exceeds the maximum number of "
                        "tokens allowed (1048576).",
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ],
            Kind.TOO_LONG,
            1_048_576,
        ),
        (
            400,
            {
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "message": "prompt is too long: 210000 tokens > 200000 maximum",
                },
            },
            Kind.TOO_LONG,
            200_000,
        ),
        (
            400,
            {
                "error": {
                    "code": "content_filter",
                    "message": "The response was filtered",
                    "innererror": {"code": "ResponsibleAIPolicyViolation"},
                }
            },
            Kind.REFUSED,
            None,
        ),
        (403, {"error": {"message": "Your input was flagged"}}, Kind.REFUSED, None),
        (500, {"error": {"message": "Jinja: System role not supported"}}, Kind.BAD_REQUEST, None),
        (429, {"error": {"message": "Too many tokens per minute"}}, Kind.OVERLOADED, None),
        (403, {"error": {"message": "Your credit balance is too low"}}, Kind.QUOTA, None),
        (400, {"error": {"message": "Insufficient credits. Add more."}}, Kind.QUOTA, None),
        (400, {"error": {"message": "model 'x' not found"}}, Kind.UNKNOWN_MODEL, None),
        (400, {"error": "Invalid model name passed in model=x"}, Kind.UNKNOWN_MODEL, None),
        (
            400,
            {
                "error": "'max_tokens' is too large: 900. This model's maximum context length is "
                "8192 tokens and your request has 8000 input tokens (900 > 8192 - 8000)."
            },
            Kind.TOO_LONG,
            8192,
        ),
    ],
)
def test_the_words_of_other_servers_are_told_apart(
    status: int, body: object, kind: Kind, context: int | None
) -> None:
    error = refusal(status, body, {})

    assert (error.kind, error.context) == (kind, context)


async def test_only_codes_that_are_known_are_repeated(upstream: Upstream) -> None:
    upstream.fails(400, "context_length_exceeded")
    assert (await failure()).code == "context_length_exceeded"

    upstream.fails(400, SECRET)
    assert (await failure()).code == ""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7),
        ({"retry_after": "-3"}, 0),
        ({"retry_after": "1e300"}, 86400),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": email.utils.formatdate(0, usegmt=True)}, 0),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86400),
    ],
)
async def test_how_long_to_wait_is_read(
    upstream: Upstream, headers: dict[str, str], seconds: float | None
) -> None:
    upstream.fails(429, "rate_limit_exceeded", **headers)

    assert (await failure()).retry_after == seconds


async def test_a_date_to_wait_for_is_read(upstream: Upstream) -> None:
    upstream.fails(503, retry_after=email.utils.formatdate(time.time() + 60, usegmt=True))

    wait = (await failure()).retry_after

    assert wait is not None
    assert 50 < wait <= 60


@pytest.mark.parametrize("size", [10, 10_000_000])
async def test_an_error_page_of_any_size_is_an_error(upstream: Upstream, size: int) -> None:
    async def script(exchange: Exchange) -> None:
        exchange.reply(503, "<html>" + "x" * size)

    upstream.does(script)

    assert (await failure()).kind is Kind.OVERLOADED


async def test_an_error_page_without_end_is_an_error(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open("text/html", status=503)
        while not exchange.left:
            exchange.send(b"x" * 1000)
            await asyncio.sleep(0.0005)

    upstream.does(script)

    assert (await failure()).kind is Kind.OVERLOADED


async def test_a_compressed_error_is_read(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open("application/json", {"Content-Encoding": "gzip"}, status=429)
        exchange.send(gzip.compress(b'{"error": {"code": "insufficient_quota"}}'))

    upstream.does(script)

    assert (await failure()).kind is Kind.QUOTA


async def test_an_error_page_that_breaks_off_is_an_error(upstream: Upstream) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.open("application/json", status=503)
        exchange.send(b"{")
        await asyncio.sleep(0.02)
        exchange.reset()

    upstream.does(script)

    error = await failure()

    assert error.kind is Kind.UNREACHABLE
    assert error.sent


def nobody() -> str:
    """A loopback address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


@pytest.mark.parametrize(
    "url", [nobody(), "http://no-such-host.invalid/v1", "http://user:word@127.0.0.1:1/v1"]
)
async def test_what_was_never_sent_is_known(settings: Any, url: str) -> None:
    settings.OPENAI_BASE_URL = url

    error = await failure()

    assert error.kind is Kind.UNREACHABLE
    assert error.retryable
    assert not error.sent


async def test_a_connection_that_nobody_accepts_was_never_sent(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatsite.llm.transport.CONNECT_WITHIN", 0.1)
    with socket.socket() as full:
        # A queue of one that is never emptied: further connections wait.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        with contextlib.ExitStack() as waiting:
            for _ in range(3):
                other = waiting.enter_context(socket.socket())
                other.setblocking(False)
                other.connect_ex(full.getsockname())

            error = await failure()

    assert error.kind is Kind.UNREACHABLE
    assert not error.sent


async def test_a_lost_connection_may_have_been_billed(upstream: Upstream) -> None:
    upstream.drops()

    error = await failure()

    assert error.kind is Kind.UNREACHABLE
    assert error.retryable
    assert error.sent


async def test_a_key_that_no_header_can_carry_is_not_sent(
    upstream: Upstream, settings: Any
) -> None:
    settings.OPENAI_API_KEY = "sk-…"

    error = await failure()

    assert error.kind is Kind.UNAUTHORISED
    assert not error.sent


async def test_a_proxy_is_used_where_one_is_set(
    upstream: Upstream, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", upstream.url.removesuffix("/v1"))
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "")
    settings.OPENAI_BASE_URL = "http://provider.invalid/v1"

    assert (await asked()).text == "This is an answer."


async def test_loopback_needs_no_proxy(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", nobody())
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "")

    assert (await asked()).text == "This is an answer."
