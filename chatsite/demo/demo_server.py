"""The demo model: a server that speaks the provider's protocol and answers from the articles.

It is the site's provider where no key is set, on loopback, as `daphne chatsite.demo.demo_server:
application`. The site does not know it from any other server: it is one more OPENAI_BASE_URL.
"""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from billing import tokens
from chatsite.demo import demo_answers, demo_embeddings
from chatsite.demo.demo_batches import Shelf

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Of whichever name, the models of two tiers: these words are in the names of small ones.
CHEAP = re.compile(r"gpt-3\.5|mini|nano|small|luna|terra")
MODELS = (
    "gpt-3.5-turbo",
    "gpt-4",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-6-luna",
)
# What begins a request that asks for no answer to a customer, and what makes its reply.
SPECIAL = (
    ('{"messages":', "rate", demo_answers.scores),
    ('{"conversation":', "summarise", demo_answers.summary),
    ('{"articles":', "judge", demo_answers.verdict),
    ('{"question":', "check", demo_answers.verdicts),
)
# Where a request names no limit.
MOST_TOKENS = 4096
# Bytes of a request: articles and a conversation are some 20 kB.
MOST_BYTES = 1024 * 1024
MOST_BYTES_OF_A_FILE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds to the first token, and tokens per second after it."""

    first: float
    rate: float


QUICK, SLOW = Pace(0.35, 60), Pace(0.7, 30)


class BadRequest(Exception):
    """Not the protocol; says what is missing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, and what it counts."""

    model: str
    pieces: tuple[tuple[str, int], ...]  # each with its tokens
    finish: str
    usage: Mapping[str, int]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)

    def head(self, kind: str) -> dict[str, Any]:
        """The fields of every object that carries it."""
        return {
            "id": f"chatcmpl-{hashlib.sha256(self.text.encode()).hexdigest()[:24]}",
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
            "service_tier": "default",
        }


async def application(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI: POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models, and batches."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
    if scope["type"] != "http":
        return
    match scope["method"], scope["path"]:
        case "GET", "/v1/models":
            models = [{"id": name, "object": "model", "owned_by": "demo"} for name in MODELS]
            await _reply(send, 200, {"object": "list", "data": models})
        case "POST", "/v1/chat/completions":
            try:
                request = await _read(receive)
                given = answer(request)
            except BadRequest as error:
                await _refuse(send, 400, str(error))
                return
            write = _stream if request.get("stream") else _complete
            await write(receive, send, given, request)
        case "POST", "/v1/embeddings":
            try:
                embedded = await asyncio.to_thread(demo_embeddings.answer, await _read(receive))
            except demo_embeddings.NotInstalled as error:
                await _refuse(send, 404, str(error))
            except (BadRequest, ValueError) as error:
                await _refuse(send, 400, str(error))
            else:
                await _reply(send, 200, embedded)
        case method, path if path.startswith(("/v1/files", "/v1/batches")):
            kind = dict(scope["headers"]).get(b"content-type", b"")
            await _shelve(receive, send, method, path, kind)
        case _:
            await _refuse(send, 404, "The demo model answers at /v1/chat/completions.")


async def _shelve(receive: Receive, send: Send, method: str, path: str, kind: bytes) -> None:
    try:
        body = await _body(receive, MOST_BYTES_OF_A_FILE)
        # Hundreds of answers at once: whoever is being written to does not wait for them.
        content = await asyncio.to_thread(SHELF.answer, method, path, kind, body)
    except (BadRequest, ValueError, KeyError) as error:
        await _refuse(send, 400, str(error))
        return
    if content is None:
        await _refuse(send, 404, "The demo model has no such file or batch.")
        return
    await _start(send, 200, b"application/json")
    await send({"type": "http.response.body", "body": content})


def answer(request: Mapping[str, Any]) -> Answer:
    """What a request is answered with; the same for the same request. Raises BadRequest."""
    messages, model = request.get("messages"), request.get("model")
    if not isinstance(messages, list) or not messages or not isinstance(model, str):
        raise BadRequest("A request has a model and messages.")
    for message in messages:
        fields = message if isinstance(message, dict) else {}
        if not (isinstance(fields.get("role"), str) and isinstance(fields.get("content"), str)):
            raise BadRequest("A message has a role and its content, both texts.")
    limit = request.get("max_completion_tokens") or request.get("max_tokens") or MOST_TOKENS
    if type(limit) is not int or limit < 1:
        raise BadRequest("max_tokens is a whole number above 0.")
    text = _composed(messages, model)
    pieces, made = [], 0
    for piece in re.findall(r"\s*\S+", text):
        size = tokens.count(piece, model)
        if made + size > limit:
            break
        made += size
        pieces.append((piece, size))
    whole = sum(len(piece) for piece, _ in pieces) == len(text)
    given = 3 + sum(
        3 + tokens.count(message["role"], model) + tokens.count(message["content"], model)
        for message in messages
    )
    usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    return Answer(model, tuple(pieces), "stop" if whole else "length", usage)


def _composed(messages: list[Any], model: str) -> str:
    """The words that fit what is asked for. Raises BadRequest."""
    newest: str = messages[-1]["content"]
    for beginning, verb, composed in SPECIAL:
        if newest.startswith(beginning):
            try:
                return composed(messages)
            except ValueError as error:
                raise BadRequest(f"Nothing to {verb}: {error}.") from error
    return demo_answers.answer(messages, detailed=not CHEAP.search(model))


def _completed(request: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """The status and the body of a request in a batch."""
    try:
        return 200, _whole(answer(request))
    except BadRequest as error:
        return 400, _error(str(error))


SHELF = Shelf(_completed)


async def _body(receive: Receive, most: int) -> bytes:
    """Raises BadRequest."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            raise BadRequest(f"A request has at most {most} bytes.")
    return body


async def _read(receive: Receive) -> dict[str, Any]:
    """The request's JSON. Raises BadRequest."""
    try:
        request = json.loads(await _body(receive, MOST_BYTES))
    except ValueError as error:
        raise BadRequest("A request is JSON.") from error
    if not isinstance(request, dict):
        raise BadRequest("A request is a JSON object.")
    return request


async def _stream(receive: Receive, send: Send, given: Answer, request: Mapping[str, Any]) -> None:
    """Piece by piece at the model's pace, until the end or until the client has left."""
    pace = QUICK if CHEAP.search(given.model) else SLOW
    head = given.head("chat.completion.chunk")
    await _start(send, 200, b"text/event-stream")
    await _event(send, head, {"role": "assistant", "content": ""})
    gone = asyncio.ensure_future(receive())
    try:
        clock = asyncio.get_running_loop().time
        due = clock() + pace.first
        for piece, size in given.pieces:
            await asyncio.wait({gone}, timeout=max(0.0, due - clock()))
            if gone.done():
                return
            await _event(send, head, {"content": piece})
            due += size / pace.rate
        await _event(send, head, {}, given.finish)
        if (request.get("stream_options") or {}).get("include_usage"):
            await _data(send, json.dumps({**head, "choices": [], "usage": given.usage}))
        await _data(send, "[DONE]")
        await send({"type": "http.response.body"})
    finally:
        gone.cancel()


async def _complete(
    receive: Receive, send: Send, given: Answer, request: Mapping[str, Any]
) -> None:
    """All at once, when the last piece would have come."""
    pace = QUICK if CHEAP.search(given.model) else SLOW
    await asyncio.sleep(pace.first + given.usage["completion_tokens"] / pace.rate)
    await _reply(send, 200, _whole(given))


def _whole(given: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": given.text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": given.finish}
    return {**given.head("chat.completion"), "choices": [choice], "usage": given.usage}


async def _event(
    send: Send, head: Mapping[str, Any], delta: Mapping[str, str], finish: str | None = None
) -> None:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    await _data(send, json.dumps({**head, "choices": [choice]}))


async def _data(send: Send, text: str) -> None:
    body = f"data: {text}\n\n".encode()
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _start(send: Send, status: int, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _reply(send: Send, status: int, value: object) -> None:
    await _start(send, status, b"application/json")
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


async def _refuse(send: Send, status: int, message: str) -> None:
    await _reply(send, status, _error(message))


def _error(message: str) -> dict[str, Any]:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return {"error": error}
