"""Calls: one request each, by the SDK, within deadlines."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import orjson
from django.conf import settings

from chatsite.llm import dialects, wire
from chatsite.llm.answer import Answer, Delta, Finished
from chatsite.llm.errors import Kind, UpstreamError, refusal

Message = Mapping[str, str]

# Seconds that a finished answer waits for its usage.
USAGE_WITHIN = 2.0
# Seconds for the body's end after the last event, so that the connection is used again.
LAST_BYTES_WITHIN = 0.1
# Bytes of a list of models: of those who resell every model there is, a megabyte.
MOST_OF_A_LIST = 8 * 1024 * 1024


@dataclass(frozen=True)
class Deadlines:
    """Seconds: to the first words, between words, and for everything."""

    first_byte: float = 20
    idle: float = 15
    total: float = 60


async def stream(
    *,
    model: str,
    messages: Sequence[Message],
    output_limit: int,
    temperature: float,
    deadlines: Deadlines,
    response_format: Mapping[str, Any] | None = None,
    reference: str = "",
) -> AsyncGenerator[Delta | Finished]:
    """Ask once, without any retry. Yields Deltas and one Finished last.

    `output_limit` is in tokens; `reference` is ours, and the provider's support can find the call
    by it. Cancelling or closing it drops the connection. Raises UpstreamError.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + deadlines.total
    until = min(end, clock() + deadlines.first_byte)
    body = {
        "model": model,
        "messages": [dict(message) for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        **dialects.fields(model, output_limit, temperature, response_format),
    }
    response = await _asked(body, reference, until)
    answer = Answer(model, output_limit, response.headers.get("x-request-id", "")[:100])
    events = wire.Events(response)
    try:
        while not answer.over and not events.ended:
            finishing = bool(answer.finish_reason)
            try:
                # Timed here only: the caller's time is not the provider's.
                text = answer.take(await events.next(until))
            except TimeoutError:
                answer.fail(Kind.TIMEOUT, "no more came in time")
                break
            except wire.TooLong:
                answer.fail(Kind.BROKEN, "an event without an end")
                break
            if text:
                yield Delta(text)
                until = min(end, clock() + deadlines.idle)
            if answer.finish_reason and not finishing:
                end = until = min(end, clock() + USAGE_WITHIN)
        if answer.finish_reason and not events.ended:
            with suppress(TimeoutError, wire.TooLong):
                await events.next(clock() + LAST_BYTES_WITHIN)
    finally:
        await events.close()
    yield answer.finished()


async def models(within: float) -> list[str]:
    """The names of all models that the provider lists, within so many seconds.

    Raises UpstreamError, also where it says that there are more than it lists.
    """
    until = asyncio.get_running_loop().time() + within
    response = await _answered(
        _client().get("/models", cast_to=httpx2.Response, stream=True), until
    )
    try:
        async with asyncio.timeout_at(until):
            body = await wire.whole(response, MOST_OF_A_LIST)
        listed = orjson.loads(body)
        names = [str(model["id"]) for model in listed["data"]]
        whole = not listed.get("has_more")
    except TimeoutError as error:
        raise UpstreamError(Kind.TIMEOUT, "no list in time") from error
    except httpx2.ReadError as error:
        raise UpstreamError(Kind.UNREACHABLE, "the connection was lost") from error
    except (wire.TooLong, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UpstreamError(Kind.BROKEN, "not a list of models") from error
    if not whole:
        raise UpstreamError(Kind.BROKEN, "a part of the list only")
    return names


async def close() -> None:
    """Close this loop's connections. Call it before the loop ends."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client:
        await client.close()


# One per event loop, to which its connections belong.
_clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}


def _client() -> openai.AsyncOpenAI:
    """This loop's client. Raises UpstreamError."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        key = settings.OPENAI_API_KEY or "demo"
        if not (key.isascii() and key.isprintable()):
            raise UpstreamError(Kind.UNAUTHORISED, "no header can carry this key", sent=False)
        _clients[loop] = openai.AsyncOpenAI(
            api_key=key,
            base_url=settings.OPENAI_BASE_URL,
            max_retries=0,
            timeout=None,
            # Compressing a stream saves nothing and holds back its words.
            default_headers={"Accept-Encoding": "identity"},
            http_client=httpx2.AsyncClient(transport=wire.Transport(settings.OPENAI_BASE_URL)),
        )
    return _clients[loop]


async def _asked(body: Mapping[str, Any], reference: str, until: float) -> httpx2.Response:
    """The response to a request, once its status is known to be good. Raises UpstreamError."""
    # A tenth of what `chat.completions.create` costs, which checks and copies each message.
    call = _client().post(
        "/chat/completions",
        content=orjson.dumps(body),
        cast_to=httpx2.Response,
        options={"headers": {"X-Client-Request-Id": reference}} if reference else {},
        stream=bool(body["stream"]),
    )
    return await _answered(call, until)


async def _answered(call: Coroutine[Any, Any, object], until: float) -> httpx2.Response:
    """The response to a call of the SDK, by loop time `until`. Raises UpstreamError."""
    try:
        async with asyncio.timeout_at(until):
            response = await call
            assert isinstance(response, httpx2.Response)
            return response
    except openai.APIStatusError as error:
        failure = refusal(error.status_code, (error.code, error.type), error.response.headers)
    except (openai.APIConnectionError, httpx2.RequestError) as error:
        sent = not isinstance(error.__cause__, httpx2.ConnectError)
        what = "the connection was lost" if sent else "no connection"
        failure = UpstreamError(Kind.UNREACHABLE, what, sent=sent)
    except TimeoutError:
        failure = UpstreamError(Kind.TIMEOUT, "no answer in time")
    # Raised out here: as the context of a traceback, the SDK's error would show the response.
    raise failure
