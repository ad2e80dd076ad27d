"""The SDK's client for event loops, and its errors as ours."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx2
import openai
from django.conf import settings

from chatsite.llm.errors import Kind, UpstreamError, refusal
from chatsite.llm.transport import Transport

# One per event loop, to which its connections belong.
_clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}


def client() -> openai.AsyncOpenAI:
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
            http_client=httpx2.AsyncClient(transport=Transport(settings.OPENAI_BASE_URL)),
        )
    return _clients[loop]


async def close() -> None:
    """Close this loop's connections. Call it before the loop ends."""
    open_client = _clients.pop(asyncio.get_running_loop(), None)
    if open_client:
        await open_client.close()


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
