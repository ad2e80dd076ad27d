"""One call of the test upstream as it came, what it is charged for, and the means to answer it."""

import asyncio
import base64
import functools
import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Any

import orjson
from aiohttp import web
from PIL import Image
from rs_bpe.bpe import openai as tokenizers

# The snapshots that the provider names in its answers.
SNAPSHOTS = {"gpt-3.5-turbo": "gpt-3.5-turbo-0125", "gpt-4": "gpt-4-0613"}
# Seconds after which a script that waits for its client to leave gives up.
LONGEST = 120.0


def now() -> int:
    """Nanoseconds on the clock that all processes of a machine share."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


@dataclass(slots=True)
class Call:
    """A request as it came; `first_token` is when words first went out, in `now` as `arrived`."""

    reference: str
    model: str
    arrived: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    peer: str = ""  # the client's end of the connection
    first_token: int | None = None

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body["messages"])

    @property
    def question(self) -> str:
        return words(self.messages[-1]["content"])

    @property
    def images(self) -> list[str]:
        """The addresses of all that it shows."""
        contents = [each["content"] for each in self.messages if isinstance(each["content"], list)]
        return [
            part["image_url"]["url"]
            for content in contents
            for part in content
            if part["type"] == "image_url"
        ]

    @property
    def limit(self) -> int:
        return int(self.body.get("max_completion_tokens") or self.body.get("max_tokens") or 4096)


@dataclass(frozen=True, slots=True)
class Billed:
    """What the provider charges for: all that it made, whoever was still listening."""

    reference: str
    model: str
    input_tokens: int
    output_tokens: int


@functools.lru_cache(maxsize=4096)
def tokens(text: str, model: str) -> int:
    old = model.startswith(("gpt-3.5", "gpt-4-")) or model == "gpt-4"
    tokenizer = tokenizers.cl100k_base() if old else tokenizers.o200k_base()
    return int(tokenizer.count(text))


def prompt_tokens(call: Call) -> int:
    """As the provider's cookbook counts: 3 around each message, 3 before the answer."""
    return (
        sum(map(image_tokens, call.images))
        + 3
        + sum(
            3 + tokens(message["role"], call.model) + tokens(words(message["content"]), call.model)
            for message in call.messages
        )
    )


def words(content: str | list[dict[str, Any]]) -> str:
    """The text of a message's content."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


def image_tokens(url: str) -> int:
    """As the provider's guide counts for gpt-4o: 85, and 170 for each square of 512 pixels."""
    with Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        width, height = image.size
    scale = min(1, 2048 / max(width, height))
    scale *= min(1, 768 / (min(width, height) * scale))
    return 85 + 170 * ceil(width * scale / 512) * ceil(height * scale / 512)


class Exchange:
    """One call and the means to answer it."""

    def __init__(self, request: web.Request, call: Call, bill: list[Billed]) -> None:
        self.call = call
        self.response: web.StreamResponse | None = None
        self._request = request
        self._bill = bill
        self._head = {
            "id": f"chatcmpl-{call.arrived:x}",
            "object": "chat.completion.chunk",
            "created": call.arrived // 10**9,
            "model": SNAPSHOTS.get(call.model, call.model),
            "service_tier": "default",
            "system_fingerprint": None,
        }

    @property
    def left(self) -> bool:
        """Whether the client has gone."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    def bill(self, output_tokens: int) -> dict[str, Any]:
        """Charge for it now, and return the usage that says so."""
        given = prompt_tokens(self.call)
        self._bill.append(Billed(self.call.reference, self.call.model, given, output_tokens))
        return {
            "prompt_tokens": given,
            "completion_tokens": output_tokens,
            "total_tokens": given + output_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }

    async def open(
        self,
        content_type: str = "text/event-stream",
        headers: Mapping[str, str] | None = None,
        *,
        status: int = 200,
    ) -> None:
        """Send the head of an answer; what follows is its body."""
        self.response = web.StreamResponse(
            status=status,
            headers={
                "Content-Type": content_type,
                "x-request-id": f"req_{self.call.arrived:x}",
                **(headers or {}),
            },
        )
        self.response.enable_chunked_encoding()
        await self.response.prepare(self._request)

    def send(self, data: bytes) -> None:
        """Bytes of the body, in a packet of their own. Much cheaper than `response.write`."""
        self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    def raw(self, data: bytes) -> None:
        """Bytes on the connection, not even framed."""
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            transport.write(data)

    def event(self, delta: object, finish: str | None = None, **others: object) -> None:
        """A piece of the answer, or its finish."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        self.data({**self._head, "choices": [choice], "usage": None, **others})

    def piece(self, text: str) -> bytes:
        """An event that holds this text."""
        choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}
        return b"data: %b\n\n" % orjson.dumps({**self._head, "choices": [choice], "usage": None})

    def usage(self, usage: object) -> None:
        self.data({**self._head, "choices": [], "usage": usage})

    def data(self, value: object) -> None:
        self.send(b"data: %b\n\n" % orjson.dumps(value))

    def done(self) -> None:
        self.send(b"data: [DONE]\n\n")

    def reset(self) -> None:
        """End the connection as a crash does, without the end of the body."""
        transport = self._request.transport
        if transport is not None:
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()

    async def until_left(self) -> None:
        deadline = time.monotonic() + LONGEST
        while not self.left and time.monotonic() < deadline:  # noqa: ASYNC110  # aiohttp has no event
            await asyncio.sleep(0.02)

    def reply(self, status: int, value: object, **headers: str) -> None:
        """A whole answer in JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        kind = "text/html" if isinstance(value, str) else "application/json"
        self.response = web.Response(
            status=status,
            text=text,
            content_type=kind,
            headers={"x-request-id": f"req_{self.call.arrived:x}", **headers},
        )
