"""HTTP on aiohttp, as a transport of the SDK's client.

Why not the SDK's own `chat.completions.create(stream=True)`: its parser costs four times the CPU
(279 us for each chunk and 10.3 ms for a call of 20 chunks, where ours costs 70 us and 1.8 ms;
`python -m tests.load.cpu.llm_cost`), ends a broken stream without an error, hides keep-alives, so
that a model that thinks cannot be told from one that hangs, and reads no answer that came as one
JSON document. The SDK's own aiohttp transport is as fast as this one, but reports a refused
connection as a timeout, so that nobody could tell whether a call was sent, and is billed.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

# Seconds for name, connection and TLS together.
CONNECT_WITHIN = 5.0
# Seconds that an idle connection is kept: a new one costs a TLS handshake, some 50 ms.
KEPT_OPEN = 60.0
# Bytes read of an error's page.
MOST_OF_AN_ERROR = 64 * 1024


class TooLong(Exception):
    """More of a body than is wanted."""


class Transport(httpx2.AsyncBaseTransport):
    """What `httpx2.AsyncClient(transport=...)` sends by. Belongs to the loop that makes it.

    A response carries its aiohttp reader in `extensions["reader"]`. Raises httpx2.ConnectError
    where nothing can have been sent, httpx2.ReadError for every other failure.
    """

    def __init__(self, base_url: str) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEPT_OPEN, ssl=httpx2.create_ssl_context()
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_WITHIN),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=_proxy(base_url),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await self._session.request(
                request.method,
                str(request.url),
                headers=request.headers.multi_items(),
                data=request.content,
                allow_redirects=False,
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ValueError) as error:
            raise httpx2.ConnectError(type(error).__name__, request=request) from error
        except aiohttp.ClientError as error:
            raise httpx2.ReadError(type(error).__name__, request=request) from error
        return httpx2.Response(
            response.status,
            # aiohttp has undone the encoding: httpx2 must not try again.
            headers=[
                pair for pair in response.raw_headers if pair[0].lower() != b"content-encoding"
            ],
            stream=_Body(response, request),
            request=request,
            extensions={"reader": response.content},
        )

    async def aclose(self) -> None:
        await self._session.close()


class _Body(httpx2.AsyncByteStream):
    """The beginning of a body: what the SDK reads of an error."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx2.Request) -> None:
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_OF_AN_ERROR
        try:
            while left > 0 and (data := await self._response.content.read(left)):
                left -= len(data)
                yield data
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.ReadError(type(error).__name__, request=self._request) from error

    async def aclose(self) -> None:
        # Read to its end, the connection is in the pool already; else it is closed.
        self._response.close()


async def whole(response: httpx2.Response, most: int) -> bytes:
    """All of a body, which is not read yet. Raises TooLong, httpx2.ReadError."""
    reader: aiohttp.StreamReader = response.extensions["reader"]
    read = bytearray()
    try:
        while data := await reader.readany():
            read += data
            if len(read) > most:
                raise TooLong
    except (aiohttp.ClientError, OSError) as error:
        raise httpx2.ReadError(type(error).__name__) from error
    finally:
        await response.aclose()
    return bytes(read)


def _proxy(base_url: str) -> str | None:
    """What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; looked up once, as it costs a thread."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"} or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)
