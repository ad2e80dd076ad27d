"""A provider for tests: a real HTTP server that speaks OpenAI's protocol, and is told what to do.

    upstream.fails(503, retry_after=2)
    upstream.says("We open at nine.")
    ...
    assert upstream.models == ["gpt-3.5-turbo"] * 2
    assert upstream.bill == [Billed("reply:1:2", "gpt-3.5-turbo", 61, 5)]

Each word is for one call, in order; then every call gets `upstream.otherwise`. As a process
(`python -m tests.upstream.server --port 9000`) it serves load and chaos runs, which ask it
afterwards at `/_requests` and `/_bill`, and may get all calls into trouble at `/_trouble`. Its
times are nanoseconds of CLOCK_MONOTONIC, shared by a machine.
"""

import argparse
import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from tests.upstream import scripts
from tests.upstream.batches import Batches
from tests.upstream.costs import Costs
from tests.upstream.embeddings import Embeddings
from tests.upstream.exchange import Billed, Call, Exchange, now
from tests.upstream.scripts import Script

__all__ = ["Billed", "Call", "Upstream"]

MODELS = (
    "gpt-3.5-turbo",
    "gpt-4",
    "gpt-4-turbo",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-6-luna",
    "o4-mini",
)


class Upstream:
    """The server. In a test it runs in a thread: `with Upstream() as upstream: ...`."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.requests: list[Call] = []
        self.bill: list[Billed] = []
        self.planned: deque[Script] = deque()
        self.otherwise: Script = scripts.says_something
        self.trouble = ""  # a name of FAULTS, in which every call ends
        self.keeps_bodies = True
        self.lists: Sequence[str] | bytes = MODELS
        self.costs = Costs()
        self.batches = Batches()
        self.embeddings = Embeddings()
        self._listening = threading.Event()
        self._stop: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        """For OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def models(self) -> list[str]:
        """The models asked, in order."""
        return [call.model for call in self.requests]

    def reset(self) -> None:
        """Forget everything, as between two tests."""
        self.requests.clear()
        self.bill.clear()
        self.planned.clear()
        self.otherwise = scripts.says_something
        self.lists = MODELS
        self.costs = Costs()
        self.batches = Batches()
        self.embeddings = Embeddings()

    # What the list of models gets, until `reset`: `upstream.lists = ["gpt-4"]`, or any bytes.

    # What the next call gets.

    def does(self, script: Script) -> None:
        self.planned.append(script)

    def says(self, text: str, **otherwise: Any) -> None:
        """An answer; `otherwise` as in scripts.Says: first_token=, every=, finish=, usage=..."""
        self.does(scripts.Says(text, **otherwise))

    def without_usage(self, text: str) -> None:
        self.says(text, usage=False)

    def without_done(self, text: str) -> None:
        self.says(text, done=False)

    def drips(self, text: str, every: float) -> None:
        self.says(text, every=every)

    def declines(self, text: str) -> None:
        self.says(text, word="refusal")

    def runs_out(self, text: str) -> None:
        """The answer reaches its limit."""
        self.says(text, finish="length")

    def filters(self, text: str) -> None:
        self.says(text, finish="content_filter")

    def cuts(self, text: str = "It ends in the middle of it.", after: int = 3) -> None:
        """The stream ends well-formed, without a finish."""
        self.says(text, stop_after=after)

    def resets(self, text: str = "It ends in the middle of it.", after: int = 3) -> None:
        self.says(text, stop_after=after, then=Exchange.reset)

    def hangs(self, text: str = "It stops in the middle of it.", after: int = 0) -> None:
        """Says nothing more, until the client leaves."""
        self.says(text, stop_after=after, then=Exchange.until_left)

    def malforms(self, text: str = "It turns into something else.", after: int = 3) -> None:
        self.says(text, stop_after=after, then=lambda exchange: exchange.send(b"data: {oops\n\n"))

    def reports(self, code: str, text: str = "It fails on the way.", after: int = 3) -> None:
        """An error in the middle of the stream."""
        error = {"message": scripts.SECRET, "type": code, "code": code}
        self.says(text, stop_after=after, then=lambda exchange: exchange.data({"error": error}))

    def endless(self) -> None:
        self.does(scripts.endless)

    def never_answers(self) -> None:
        """Takes the request, and does not even send a status."""
        self.does(Exchange.until_left)

    def drops(self) -> None:
        """Takes the request, and ends the connection."""
        self.does(scripts.drop)

    def sends(self, *parts: bytes, **otherwise: Any) -> None:
        """Exactly these bytes, each in a packet."""
        self.does(scripts.Sends(parts, **otherwise))

    def html(self) -> None:
        self.sends(b"<html>" + scripts.SECRET.encode() + b"</html>", content_type="text/html")

    def empty(self) -> None:
        self.sends()

    def comments_only(self) -> None:
        self.sends(b": processing\n\n" * 3)

    def bare_done(self) -> None:
        self.sends(b"data: [DONE]\n\n")

    def fails(self, status: int, code: str = "", **headers: object) -> None:
        """An HTTP error; `retry_after=2` is a header."""
        names = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        self.does(scripts.Fails(status, code, names))

    def unauthorised(self) -> None:
        self.fails(401, "invalid_api_key")

    def unknown_model(self) -> None:
        self.fails(404, "model_not_found")

    def out_of_quota(self) -> None:
        self.fails(429, "insufficient_quota")

    def refuses(self, code: str = "") -> None:
        self.fails(400, code)

    def filters_the_question(self) -> None:
        self.refuses("content_filter")

    # The server.

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        arrived = now()
        body = orjson.loads(await request.read())
        reference = request.headers.get("x-client-request-id", "")
        call = Call(reference, body["model"], arrived, body, dict(request.headers))
        call.peer = str(request.get_extra_info("peername"))
        self.requests.append(call)
        exchange = Exchange(request, call, self.bill)
        script = scripts.objection(call)
        if self.trouble:
            FAULTS[self.trouble](self)
            script = self.planned.pop()
        if script is None:
            script = self.planned.popleft() if self.planned else self.otherwise
        await script(exchange)
        if not self.keeps_bodies:
            call.body, call.headers = {}, {}
        if exchange.response is None:  # the connection is gone
            return web.Response()
        return exchange.response

    async def _models(self, _: web.Request) -> web.Response:
        if isinstance(self.lists, bytes):
            return web.Response(body=self.lists, content_type="application/json")
        models = [{"id": name, "object": "model", "owned_by": "tests"} for name in self.lists]
        return _json({"object": "list", "data": models})

    async def _embeddings(self, request: web.Request) -> web.Response:
        return await self.embeddings.serve(request)

    async def _costs(self, request: web.Request) -> web.Response:
        return await self.costs.serve(request)

    async def _batches(self, request: web.Request) -> web.StreamResponse:
        return await self.batches.serve(request)

    async def _requests(self, _: web.Request) -> web.Response:
        names = ("reference", "model", "arrived", "first_token")
        return _json([{name: getattr(call, name) for name in names} for call in self.requests])

    async def _trouble(self, request: web.Request) -> web.Response:
        self.trouble = request.query["fault"]
        return web.Response()

    async def _bill(self, _: web.Request) -> web.Response:
        return _json([asdict(billed) for billed in self.bill])

    async def serve(self) -> None:
        """Listen until `_stop` is called."""
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_post("/v1/chat/completions", self._complete)
        application.router.add_get("/v1/models", self._models)
        application.router.add_post("/v1/embeddings", self._embeddings)
        application.router.add_get("/v1/organization/costs", self._costs)
        for path in ("/v1/files", "/v1/files/{id}/content", "/v1/batches", "/v1/batches/{id}"):
            application.router.add_route("*", path, self._batches)
        application.router.add_get("/_requests", self._requests)
        application.router.add_get("/_bill", self._bill)
        application.router.add_post("/_trouble", self._trouble)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024)
            await site.start()
            self.port = runner.addresses[0][1]
            stopped = asyncio.Event()
            self._stop = partial(asyncio.get_running_loop().call_soon_threadsafe, stopped.set)
            self._listening.set()
            await stopped.wait()
        finally:
            await runner.cleanup()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=asyncio.run, args=(self.serve(),), daemon=True)
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join(10)


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


# What goes wrong in a chaos run, by name.
FAULTS: dict[str, Callable[[Upstream], None]] = {
    "overloaded": lambda upstream: upstream.fails(503, retry_after=1),
    "busy": lambda upstream: upstream.fails(429, "rate_limit_exceeded", retry_after_ms=300),
    "error": lambda upstream: upstream.fails(500),
    "cut": Upstream.cuts,
    "reset": Upstream.resets,
    "drop": Upstream.drops,
    "malformed": Upstream.malforms,
    "reported": lambda upstream: upstream.reports("server_error"),
    "html": Upstream.html,
    "empty": Upstream.empty,
    "comments": Upstream.comments_only,
    "bare_done": Upstream.bare_done,
    "without_usage": lambda upstream: upstream.without_usage("An answer, and no bill with it."),
    "filtered": lambda upstream: upstream.filters("An answer that is "),
    "hang": Upstream.hangs,
    "silent": Upstream.never_answers,
}
# Of which the run takes these for single calls.
ONCE = [name for name in FAULTS if name != "silent"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.upstream.server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--first-token-ms", type=float, default=0)
    parser.add_argument("--tokens-per-second", type=float, default=0, help="0: all at once")
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--fault-rate", type=float, default=0, help="0 to 1")
    parser.add_argument("--faults", default=",".join(ONCE), help="comma-separated")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    upstream = Upstream(options.port)
    for name in options.faults.split(","):
        FAULTS[name](upstream)
    faults = list(upstream.planned)
    upstream.planned.clear()
    upstream.keeps_bodies = False
    upstream.otherwise = scripts.Faults(
        scripts.Stamps(options.tokens, options.first_token_ms / 1000, options.tokens_per_second),
        faults,
        options.fault_rate,
        options.seed,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(upstream.serve())


if __name__ == "__main__":
    main()
