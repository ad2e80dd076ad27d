"""How bytes come from the provider: HTTP on aiohttp for the SDK, and server-sent events.

The SDK takes any httpx2 client. Its own transport costs 110-118 us per chunk (h11, anyio); aiohttp,
whose parser is C, 30 us; a whole call of 20 chunks 1.4 and 0.8 ms. The SDK's own aiohttp transport
reports a refused connection as a timeout, so that nobody could tell what was sent.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

# Seconds for name, connection and TLS together.
CONNECT_WITHIN = 5.0
# Seconds that an idle connection is kept: a new one costs a TLS handshake, some 50 ms.
KEPT_OPEN = 60.0
# Bytes read of an error's page, and of one event: beyond it, it is no answer of a model.
MOST_OF_AN_ERROR = 64 * 1024
MOST_OF_AN_EVENT = 1024 * 1024


class TooLong(Exception):
    """An event without an end, or more of a body than is wanted."""


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


class Events:
    """The server-sent events of a response, whose bytes come cut anywhere. Close it in the end."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._reader: aiohttp.StreamReader = response.extensions["reader"]
        self._rest = b""
        self._first = True
        self._loop = asyncio.get_running_loop()
        self._until = math.inf  # loop time until which somebody waits
        self._alarm: asyncio.TimerHandle | None = None
        self.ended = False  # nothing more will come, for whatever reason

    async def next(self, until: float) -> list[bytes]:
        """The data of the events that are here, often none; waits until loop time `until`.

        Raises TimeoutError, TooLong.
        """
        self._until = until
        # An `asyncio.timeout` costs 10 us a chunk; an alarm that is set anew only when it rings, 1.
        if self._alarm is None or self._alarm.when() > until:
            self._set_alarm(until)
        try:
            read = await self._reader.readany()
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError):
            read = b""
        finally:
            self._until = math.inf
        if not read:
            self.ended = True
            # Some end their last event with one newline; one that was cut is no JSON.
            read = b"\n\n"
        return self._split(read)

    async def close(self) -> None:
        """Give the connection back where the body was read to its end, else drop it."""
        if self._alarm:
            self._alarm.cancel()
        await self._response.aclose()

    def _set_alarm(self, until: float) -> None:
        if self._alarm:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(until, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._until <= self._loop.time():
            self._reader.set_exception(TimeoutError())
        elif self._until < math.inf:
            self._set_alarm(self._until)

    def _split(self, read: bytes) -> list[bytes]:
        text = self._rest + read
        if self._first and len(text) >= 3:
            self._first = False
            text = text.removeprefix(b"\xef\xbb\xbf")
        held = b""
        if b"\r" in text:
            if text.endswith(b"\r"):  # perhaps half of a \r\n
                text, held = text[:-1], b"\r"
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *blocks, rest = text.split(b"\n\n")
        self._rest = rest + held
        if len(self._rest) > MOST_OF_AN_EVENT:
            raise TooLong
        return [data for block in blocks if (data := _data(block))]


def _data(block: bytes) -> bytes:
    """What an event's `data:` lines hold; other fields and comments are dropped."""
    if block.startswith(b"data: ") and b"\n" not in block:
        return block[6:]
    return b"\n".join(
        line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")
    )
