"""Embeddings: texts as vectors, by the provider's `/v1/embeddings` or another server's.

found = await embeddings.ask(["..."], model, Kind.QUERY, within=0.3)
found = embeddings.ask_now(texts, model, Kind.PASSAGE)   # for threads
"""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx2
import orjson
from django.conf import settings

from billing.prices.pricing import Usage
from chatsite.llm import async_client, sdk_client, transport
from chatsite.llm.errors import Kind as ErrorKind
from chatsite.llm.errors import UpstreamError

# Numbers of a vector where a model can give fewer: a quarter of the size, nearly as good.
DIMENSIONS = 384
SHORTENED = "text-embedding-3"
# Texts in one request: seconds for a small server, which answers questions meanwhile.
MOST_TEXTS = 32
MOST_BYTES = 32 * 1024 * 1024
LONGEST_VECTOR = 8192
OPENAI = "https://api.openai.com/"


class Kind(StrEnum):
    """What a text is: several models tell a question from what may answer it."""

    QUERY = "query"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector for each text, in order; usage None where the server did not say."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage | None
    model: str


# Servers that have refused `input_type`, which OpenAI's protocol does not have.
_strict: set[str] = set()


async def ask(texts: Sequence[str], model: str, kind: Kind, within: float) -> Embedded:
    """Once, within so many seconds, in the running loop. Raises UpstreamError."""
    until = asyncio.get_running_loop().time() + within
    try:
        return await _asked(texts, model, kind, until)
    except UpstreamError as error:
        if not _was_too_much(error):
            raise
    _strict.add(base_url())
    return await _asked(texts, model, kind, until)


def ask_now(texts: Sequence[str], model: str, kind: Kind, within: float | None = None) -> Embedded:
    """The same for a thread. Raises UpstreamError.

    `within`: seconds in which the server has to connect and to begin its answer, asked once; as
    long and as often as any plain request where it is None.
    """
    try:
        return _asked_now(texts, model, kind, within)
    except UpstreamError as error:
        if not _was_too_much(error):
            raise
    _strict.add(base_url())
    return _asked_now(texts, model, kind, within)


def base_url() -> str:
    """The server's: EMBEDDINGS_BASE_URL, or the provider's."""
    return settings.EMBEDDINGS_BASE_URL or settings.OPENAI_BASE_URL


async def _asked(texts: Sequence[str], model: str, kind: Kind, until: float) -> Embedded:
    call = async_client.client(base_url()).post(
        "/embeddings",
        content=orjson.dumps(_body(texts, model, kind)),
        cast_to=httpx2.Response,
        stream=True,
    )
    response = await async_client.answered(call, until)
    failure = UpstreamError(ErrorKind.PROTOCOL, "no embeddings")
    try:
        async with asyncio.timeout_at(until):
            return _read(await transport.whole(response, MOST_BYTES), len(texts))
    except TimeoutError:
        failure = UpstreamError(ErrorKind.TIMEOUT, "no embeddings in time")
    except httpx2.ReadError:
        failure = UpstreamError(ErrorKind.UNREACHABLE, "the connection was lost")
    except (transport.TooLong, ValueError, TypeError, KeyError, AttributeError):
        pass
    raise failure


def _asked_now(texts: Sequence[str], model: str, kind: Kind, within: float | None) -> Embedded:
    limits: dict[str, Any] = {} if within is None else {"timeout": within, "max_retries": 0}
    with sdk_client.translated(), sdk_client.client(settings.OPENAI_API_KEY or "demo") as client:
        response = client.with_options(base_url=base_url(), **limits).post(
            "/embeddings",
            content=orjson.dumps(_body(texts, model, kind)),
            cast_to=httpx2.Response,
        )
        return _read(response.content, len(texts))


def _body(texts: Sequence[str], model: str, kind: Kind) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "input": list(texts), "encoding_format": "base64"}
    if SHORTENED in model:
        body["dimensions"] = DIMENSIONS
    if base_url() not in _strict and not base_url().startswith(OPENAI):
        body["input_type"] = str(kind)
    return body


def _was_too_much(error: UpstreamError) -> bool:
    """Whether the request may have been refused for the field that not all servers know."""
    known = base_url().startswith(OPENAI) or base_url() in _strict
    return error.kind in {ErrorKind.REFUSED, ErrorKind.BAD_REQUEST} and not known


def _read(body: bytes, texts: int) -> Embedded:
    """Raises ValueError and its kin for what is not the protocol."""
    answer = orjson.loads(body)
    rows = sorted(answer["data"], key=lambda row: int(row["index"]))
    vectors = tuple(_vector(row["embedding"]) for row in rows)
    if len(vectors) != texts or len({len(vector) for vector in vectors}) != 1:
        raise ValueError("not a vector for each text")
    counted = (answer.get("usage") or {}).get("prompt_tokens")
    usage = Usage(input_tokens=counted, output_tokens=0) if type(counted) is int else None
    return Embedded(vectors, usage, str(answer.get("model") or "")[:100])


def _vector(value: object) -> tuple[float, ...]:
    if isinstance(value, str):
        try:
            raw = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("no base64") from error
        numbers = tuple(memoryview(raw).cast("f"))
    elif isinstance(value, list):
        numbers = tuple(float(number) for number in value)
    else:
        raise TypeError("no vector")
    if not 0 < len(numbers) <= LONGEST_VECTOR or not any(numbers):
        raise ValueError("no vector")
    if any(number != number or abs(number) == float("inf") for number in numbers):
        raise ValueError("no numbers")
    return numbers
