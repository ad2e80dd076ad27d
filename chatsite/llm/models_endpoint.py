"""The models that the provider lists, with what its list says of each."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx2
import orjson

from chatsite.llm import async_client, transport
from chatsite.llm.errors import Kind, UpstreamError

# Bytes: of those who resell every model there is, a megabyte.
MOST_OF_A_LIST = 8 * 1024 * 1024
# The tokens that a model takes, as vLLM, OpenRouter, Groq, Mistral and LM Studio call them.
_CONTEXT = (
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "loaded_context_length",
    "max_input_tokens",
)
_LARGEST_CONTEXT = 100_000_000
# The last day of a model: Mistral, and others in its manner.
_END = ("deprecation", "deprecation_date", "shutdown_date", "expiration_date")


@dataclass(frozen=True, slots=True)
class Listed:
    name: str
    context: int | None = None  # tokens, where the list says so
    shuts_down_on: date | None = None


async def models(within: float) -> list[Listed]:
    """All models that the provider lists, within so many seconds.

    Raises UpstreamError, also where it says that there are more than it lists.
    """
    until = asyncio.get_running_loop().time() + within
    response = await async_client.answered(
        async_client.client().get("/models", cast_to=httpx2.Response, stream=True), until
    )
    try:
        async with asyncio.timeout_at(until):
            body = await transport.whole(response, MOST_OF_A_LIST)
        listed = orjson.loads(body)
        found = [_listed(model) for model in listed["data"]]
        whole = not listed.get("has_more")
    except TimeoutError as error:
        raise UpstreamError(Kind.TIMEOUT, "no list in time") from error
    except httpx2.ReadError as error:
        raise UpstreamError(Kind.UNREACHABLE, "the connection was lost") from error
    except (transport.TooLong, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UpstreamError(Kind.PROTOCOL, "not a list of models") from error
    if not whole:
        raise UpstreamError(Kind.PROTOCOL, "a part of the list only")
    return found


def _listed(model: Mapping[str, Any]) -> Listed:
    meta = model.get("meta")
    n_ctx = meta.get("n_ctx") if isinstance(meta, Mapping) else None  # llama.cpp
    contexts = [model.get(name) for name in _CONTEXT] + [n_ctx]
    ends = (_day(model.get(name)) for name in _END)
    return Listed(
        str(model["id"]),
        min((n for n in contexts if type(n) is int and 0 < n < _LARGEST_CONTEXT), default=None),
        next((day for day in ends if day), None),
    )


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
