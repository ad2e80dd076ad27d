"""What one call to the provider costs this process in CPU: ours beside the SDK's own ways.

    python -m tests.load.cpu.llm_cost

Per call of 20 pieces that come at once, and per piece of those that come one by one, which is what
a worker with hundreds of open answers pays. The best of several rounds, as others use the machine.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aiohttp
import httpx2
import openai
import orjson

from tests.services import free_port

ROUNDS = 3
AT_ONCE = 20  # calls
# Pieces of a short and a long answer; what the second costs more is the price of its pieces.
SHORT, LONG = 20, 220
BURST_CALLS, PACED_CALLS = 200, 40
PER_SECOND = 200  # far enough apart for each piece to be read alone
MESSAGES = [
    {"role": "system", "content": "You answer customers of a shop. " * 150},
    {"role": "user", "content": "When do you open? " * 10},
]

Call = Callable[[int], Awaitable[None]]


def body(pieces: int) -> dict[str, object]:
    return {
        "model": "gpt-3.5-turbo",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": pieces,
        "temperature": 0.2,
    }


def parse(data: bytes) -> None:
    for line in data.split(b"\n"):
        if line.startswith(b"data: {"):
            orjson.loads(line[6:])


@contextlib.asynccontextmanager
async def ours(url: str) -> AsyncIterator[Call]:
    # Read when the site's settings are: after the environment is set.
    from django.conf import settings

    from chatsite import llm

    settings.OPENAI_BASE_URL = url

    async def call(pieces: int) -> None:
        async for _ in llm.stream(
            model="gpt-3.5-turbo",
            messages=MESSAGES,
            output_limit=pieces,
            temperature=0.2,
            deadlines=llm.Deadlines(),
        ):
            pass

    yield call
    await llm.close()


def client(url: str, http: httpx2.AsyncClient | None = None) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="k", base_url=url, max_retries=0, http_client=http)


@contextlib.asynccontextmanager
async def sdk_events(url: str) -> AsyncIterator[Call]:
    async with client(url) as sdk:

        async def call(pieces: int) -> None:
            async for _ in await sdk.chat.completions.create(**body(pieces)):  # type: ignore[call-overload]  # a dict of any fields
                pass

        yield call


@contextlib.asynccontextmanager
async def sdk_lines(url: str) -> AsyncIterator[Call]:
    async with client(url) as sdk:
        create = sdk.chat.completions.with_streaming_response.create

        async def call(pieces: int) -> None:
            async with create(**body(pieces)) as response:  # type: ignore[call-overload]  # as above
                async for data in response.iter_bytes():
                    parse(data)

        yield call


@contextlib.asynccontextmanager
async def sdk_post(url: str, http: httpx2.AsyncClient | None = None) -> AsyncIterator[Call]:
    async with client(url, http) as sdk:

        async def call(pieces: int) -> None:
            content, stream = orjson.dumps(body(pieces)), True
            response = await sdk.post(
                "/chat/completions", cast_to=httpx2.Response, content=content, stream=stream
            )
            assert isinstance(response, httpx2.Response)
            async for data in response.aiter_raw():
                parse(data)

        yield call


def sdk_post_on_its_aiohttp(url: str) -> contextlib.AbstractAsyncContextManager[Call]:
    return sdk_post(url, openai.DefaultAioHttpClient())


@contextlib.asynccontextmanager
async def bare_httpx2(url: str) -> AsyncIterator[Call]:
    async with httpx2.AsyncClient(timeout=None, headers={"Authorization": "Bearer k"}) as http:

        async def call(pieces: int) -> None:
            content = orjson.dumps(body(pieces))
            async with http.stream("POST", f"{url}/chat/completions", content=content) as response:
                async for data in response.aiter_raw():
                    parse(data)

        yield call


@contextlib.asynccontextmanager
async def bare_aiohttp(url: str) -> AsyncIterator[Call]:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer k"}) as http:

        async def call(pieces: int) -> None:
            content = orjson.dumps(body(pieces))
            async with http.post(f"{url}/chat/completions", data=content) as response:
                async for data in response.content.iter_any():
                    parse(data)

        yield call


WAYS: dict[str, Callable[[str], contextlib.AbstractAsyncContextManager[Call]]] = {
    "llm.stream": ours,
    "SDK, events": sdk_events,
    "SDK, raw lines": sdk_lines,
    "SDK post": sdk_post,
    "SDK post on its aiohttp": sdk_post_on_its_aiohttp,
    "httpx2 alone": bare_httpx2,
    "aiohttp alone": bare_aiohttp,
}


async def cost(
    way: Callable[[str], contextlib.AbstractAsyncContextManager[Call]],
    url: str,
    calls: int,
    pieces: int,
) -> float:
    """Milliseconds of CPU for one call, once connections are open."""
    async with way(url) as call:
        left = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with left:
                await call(pieces)

        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
        began = time.process_time()
        await asyncio.gather(*(one() for _ in range(calls)))
        return (time.process_time() - began) / calls * 1000


@contextlib.contextmanager
def upstream(per_second: int) -> Iterator[str]:
    port = free_port()
    options = ["--port", str(port), "--tokens", str(LONG), "--tokens-per-second", str(per_second)]
    process = subprocess.Popen([sys.executable, "-m", "tests.upstream.server", *options])
    url = f"http://127.0.0.1:{port}/v1"
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"{url}/models", timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    with tempfile.TemporaryDirectory() as var, upstream(0) as burst, upstream(PER_SECOND) as paced:
        os.environ.update(DJANGO_SETTINGS_MODULE="chatsite.settings", VAR_DIR=var)
        print(f"{'':26}{'20 at once':>12}{'20 apart':>12}{'each later':>12}")  # noqa: T201
        for name, way in WAYS.items():
            runs = [
                (
                    asyncio.run(cost(way, burst, BURST_CALLS, SHORT)),
                    asyncio.run(cost(way, paced, PACED_CALLS, SHORT)),
                    asyncio.run(cost(way, paced, PACED_CALLS, LONG)),
                )
                for _ in range(ROUNDS)
            ]
            at_once, short, long = (min(column) for column in zip(*runs, strict=True))
            piece = (long - short) / (LONG - SHORT) * 1000
            print(f"{name:26}{at_once:9.2f} ms{short:9.2f} ms{piece:9.0f} us", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
