"""The SDK's client for event loops, and its errors as ours."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx2
import openai
from django.conf import settings

from chatsite.llm.errors import Kind, UpstreamError
from chatsite.llm.refusal_parsing import refusal
from chatsite.llm.transport import Transport

# One per event loop, to which its connections belong, and server.
_clients: dict[tuple[asyncio.AbstractEventLoop, str], openai.AsyncOpenAI] = {}


def client(base_url: str = "") -> openai.AsyncOpenAI:
    """This loop's client, of the provider or of another server. Raises UpstreamError."""
    base_url = base_url or settings.OPENAI_BASE_URL
    loop = asyncio.get_running_loop()
    if (loop, base_url) not in _clients:
        key = settings.OPENAI_API_KEY or "demo"
        if not (key.isascii() and key.isprintable()):
            raise UpstreamError(Kind.UNAUTHORISED, "no header can carry this key", sent=False)
        _clients[loop, base_url] = openai.AsyncOpenAI(
            api_key=key,
            base_url=base_url,
            max_retries=0,
            timeout=None,
            # Compressing a stream saves nothing and holds back its words.
            default_headers={"Accept-Encoding": "identity"},
            http_client=httpx2.AsyncClient(transport=Transport(base_url)),
        )
    return _clients[loop, base_url]


async def close() -> None:
    """Close this loop's connections. Call it before the loop ends."""
    loop = asyncio.get_running_loop()
    for key in [key for key in _clients if key[0] is loop]:
        await _clients.pop(key).close()


async def answered(call: Coroutine[Any, Any, object], until: float) -> httpx2.Response:
    """The response to a call of the SDK, by loop time `until`. Raises UpstreamError."""
    try:
        async with asyncio.timeout_at(until):
            response = await call
            assert isinstance(response, httpx2.Response)
            return response
    except openai.APIStatusError as error:
        failure = refusal(error.status_code, error.body, error.response.headers)
    except (openai.APIConnectionError, httpx2.RequestError) as error:
        sent = not isinstance(error.__cause__, httpx2.ConnectError)
        what = "the connection was lost" if sent else "no connection"
        failure = UpstreamError(Kind.UNREACHABLE, what, sent=sent)
    except TimeoutError:
        failure = UpstreamError(Kind.TIMEOUT, "no answer in time")
    # Raised out here: as the context of a traceback, the SDK's error would show the response.
    raise failure
