"""What the test upstream does with one call: each of its words is one of these scripts."""

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.upstream.exchange import Call, Exchange, now, tokens

# In every error and broken page: what may show up neither in a log nor in an exception.
SECRET = "The provider's words, which hold the customer's."

Script = Callable[[Exchange], Awaitable[None]]


def pieces(text: str) -> list[str]:
    """The text in the pieces that it is streamed in, about a word each."""
    return re.findall(r"\s*\S+|\s+$", text)


@dataclass(frozen=True, slots=True)
class Says:
    """An answer, and everything about it that can be otherwise."""

    text: str
    first_token: float = 0.0  # seconds
    every: float = 0.0  # seconds between words
    finish: str = "stop"
    usage: dict[str, Any] | bool = True
    usage_with_finish: bool = False
    done: bool = True
    word: str = "content"  # the field of a delta that holds the words
    stop_after: int | None = None  # words, then what `then` says
    then: Callable[[Exchange], Awaitable[None] | None] = field(default=lambda _: None)

    async def __call__(self, exchange: Exchange) -> None:
        call = exchange.call
        words, made, finish = [], 0, self.finish
        for piece in pieces(self.text):
            made += tokens(piece, call.model)
            if made > call.limit:
                made, finish = call.limit, "length"
                break
            words.append(piece)
        usage: object = exchange.bill(made)
        if isinstance(self.usage, dict):
            usage = self.usage
        if not call.body.get("stream"):
            message = {"role": "assistant", "content": "".join(words), "refusal": None}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1}
            exchange.reply(200, {**head, "model": call.model, "choices": [choice], "usage": usage})
            return
        await exchange.open()
        exchange.event({"role": "assistant", "content": "", "refusal": None})
        await asyncio.sleep(self.first_token)
        for number, word in enumerate(words):
            if number == self.stop_after:
                break
            call.first_token = call.first_token or now()
            exchange.event({self.word: word})
            if self.every:
                await asyncio.sleep(self.every)
        if self.stop_after is not None:
            await asyncio.sleep(0.01)  # so that the words are read before what follows
            result = self.then(exchange)
            if result is not None:
                await result
            return
        if self.usage_with_finish:
            exchange.event({}, finish, usage=usage)
        else:
            exchange.event({}, finish)
            asked = (call.body.get("stream_options") or {}).get("include_usage")
            if self.usage and asked:
                exchange.usage(usage)
        if self.done:
            exchange.done()


@dataclass(frozen=True, slots=True)
class Fails:
    """An HTTP error. Nothing is made, nothing billed."""

    status: int
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, exchange: Exchange) -> None:
        kind = self.code or "api_error"
        error = {"message": SECRET, "type": kind, "param": None, "code": self.code or None}
        exchange.reply(self.status, {"error": error}, **self.headers)


@dataclass(frozen=True, slots=True)
class Sends:
    """Exactly these bytes, each in a packet of its own."""

    parts: Sequence[bytes]
    content_type: str = "text/event-stream"
    every: float = 0.0  # seconds
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, exchange: Exchange) -> None:
        # Something in between made this of an answer that was generated, and is billed.
        exchange.bill(exchange.call.limit)
        await exchange.open(self.content_type, self.headers)
        for part in self.parts:
            exchange.send(part)
            await asyncio.sleep(self.every)


async def says_something(exchange: Exchange) -> None:
    """The answer to whoever just needs one: words, or JSON where that is asked for."""
    await Says(structured(exchange.call) or "This is an answer.")(exchange)


def structured(call: Call) -> str:
    """JSON: a score for each message to be rated, or of the schema that is named; else nothing."""
    try:
        return json.dumps({"scores": [3 for _ in json.loads(call.question)["messages"]]})
    except (ValueError, KeyError, TypeError):
        schema = (call.body.get("response_format") or {}).get("json_schema", {}).get("schema")
        return json.dumps(_sample(schema)) if schema else ""


def _sample(schema: dict[str, Any]) -> object:
    kind = schema.get("type")
    if kind == "object":
        return {name: _sample(value) for name, value in schema["properties"].items()}
    if kind == "array":
        return [_sample(schema["items"])] * int(schema.get("minItems", 1))
    return 3 if kind in {"integer", "number"} else "a word"


async def endless(exchange: Exchange) -> None:
    """Words without end, whatever the limit, as fast as the client reads them."""
    exchange.bill(exchange.call.limit)
    await exchange.open()
    assert exchange.response is not None
    while not exchange.left:
        for _ in range(50):
            exchange.event({"content": "and so on "})
        await asyncio.sleep(0.001)


async def drop(exchange: Exchange) -> None:
    """No status, no words: the connection ends."""
    exchange.bill(exchange.call.limit)
    exchange.reset()


def objection(call: Call) -> Script | None:
    """What the provider refuses in a request, as its models do."""
    if not call.headers.get("Authorization", "").startswith("Bearer "):
        return Fails(401, "invalid_api_key")
    body, reasoning = call.body, re.match(r"gpt-[56]|o\d", call.model)
    kind = (body.get("response_format") or {}).get("type", "text")
    if reasoning and ("max_tokens" in body or body.get("temperature", 1) != 1):
        return Fails(400, "unsupported_parameter")
    if kind == "json_schema" and re.match(r"gpt-3|gpt-4(-|$)", call.model):
        return Fails(400, "unsupported_parameter")
    if kind == "json_object" and (call.model == "gpt-4" or "json" not in str(body).lower()):
        return Fails(400, "unsupported_parameter")
    return None


_LETTERS = bytes.maketrans(b"0123456789abcdef", b"ghijklmnopqrstuv")


def stamp() -> bytes:
    """Now, as a word of 18 letters that no check on an answer takes for a number."""
    return b"at%b" % (b"%016x" % now()).translate(_LETTERS)


def stamps(text: str) -> list[int]:
    """When each word of a stamped answer was sent."""
    back = bytes.maketrans(b"ghijklmnopqrstuv", b"0123456789abcdef")
    words = re.findall(r"\bat([g-v]{16})\b", text)
    return [int(word.encode().translate(back), 16) for word in words]


@dataclass(frozen=True, slots=True)
class Stamps:
    """An answer whose every word says when it was sent. Prebuilt: 20 us a word."""

    tokens: int = 20
    first_token: float = 0.0  # seconds
    per_second: float = 0.0  # 0: all at once

    async def __call__(self, exchange: Exchange) -> None:
        text = structured(exchange.call)
        if text or not exchange.call.body.get("stream"):
            await Says(text or "This is an answer.", first_token=self.first_token)(exchange)
            return
        count = min(self.tokens, exchange.call.limit)
        usage = exchange.bill(count)
        await exchange.open()
        head, _, tail = exchange.piece("@").partition(b"@")
        start = asyncio.get_running_loop().time() + self.first_token
        for number in range(count):
            wait = start - asyncio.get_running_loop().time()
            if self.per_second:
                wait += number / self.per_second
            if wait > 0:
                await asyncio.sleep(wait)
            exchange.call.first_token = exchange.call.first_token or now()
            exchange.send(b"%b%b %b" % (head, stamp(), tail))
        exchange.event({}, "length" if count < self.tokens else "stop")
        exchange.usage(usage)
        exchange.done()


class Faults:
    """An answer, or every so often one of the faults; the same for the same seed."""

    def __init__(self, answer: Script, faults: Sequence[Script], rate: float, seed: int) -> None:
        self._answer = answer
        self._faults = faults
        self._rate = rate
        self._random = random.Random(seed)

    async def __call__(self, exchange: Exchange) -> None:
        fault = self._random.random() < self._rate
        await (self._random.choice(self._faults) if fault else self._answer)(exchange)
