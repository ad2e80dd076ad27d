"""The load run's provider: as light as can be, because it shares the machine with what it measures.

Its answers say when things happened, in microseconds of CLOCK_MONOTONIC, which all processes of a
machine share: the first word when the request had arrived (`QGHIJKLMAB`), every tenth when it was
sent itself (`TGHIJKLMAB`): letters alone, since figures in an answer are checked. Nobody has to
match logs afterwards.
"""

import argparse
import asyncio
import time
from dataclasses import dataclass
from functools import partial

import orjson

# Of the words that are sent, one in so many carries its time: no word that anything knows.
STAMPED_EVERY = 10
WORDS = [b"you", b"can", b"return", b"the", b"opened", b"bottle", b"within", b"thirty", b"days"]
# Words to a paragraph: the page renders what is whole as Markdown.
PARAGRAPH = 40

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_load\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


LETTERS, DIGITS = b"GHIJKLMNOP", b"0123456789"
AS_LETTERS, AS_DIGITS = bytes.maketrans(DIGITS, LETTERS), bytes.maketrans(LETTERS, DIGITS)


def now() -> int:
    """Microseconds, as in the stamps."""
    return time.monotonic_ns() // 1000 & 0xFFFFFFFFF


def stamp(kind: bytes) -> bytes:
    """Now, in ten letters that no HTML around it contains."""
    return kind + (b"%09X" % now()).translate(AS_LETTERS)


def moment(stamped: bytes) -> int:
    """What the nine letters after the kind say."""
    return int(stamped.translate(AS_DIGITS), 16)


@dataclass(slots=True)
class Pace:
    """How answers are given; `POST /_pace` changes it."""

    first_token: float  # seconds
    per_second: float  # 0: all at once
    tokens: int


def _event(fields: bytes) -> bytes:
    return (
        b'data: {"id":"chatcmpl-load","object":"chat.completion.chunk","created":1790000000,'
        b'"model":"gpt-3.5-turbo-0125","service_tier":"default","system_fingerprint":null,'
        + fields
        + b"}\n\n"
    )


def _chunk(data: bytes) -> bytes:
    return b"%X\r\n%b\r\n" % (len(data), data)


_PIECE = _event(
    b'"choices":[{"index":0,"delta":{"content":"%b"},"logprobs":null,"finish_reason":null}],'
    b'"usage":null,"obfuscation":"aB3dE5gH"'
)
_STOP = _event(
    b'"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null'
)
_USAGE = _event(
    b'"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}'
)


class Connection(asyncio.Protocol):
    """One connection of a client, used again and again. Only what this client sends is parsed."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._read = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._read += data
        while True:
            head, end, rest = self._read.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            if not end or len(rest) < int(length):
                return
            self._read = rest[int(length) :]
            if head.startswith(b"POST /_pace"):
                self._change(orjson.loads(rest[: int(length)]))
            else:
                self._answer(rest[: int(length)])

    def _change(self, pace: dict[str, float]) -> None:
        self._pace.first_token = pace["first_token"]
        self._pace.per_second = pace["per_second"]
        self._pace.tokens = int(pace["tokens"])
        self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    def _answer(self, body: bytes) -> None:
        received = stamp(b"Q")
        pace = self._pace
        # Eight letters to a token: less than what is reserved, as with a real provider.
        self._usage = (len(body) // 8, pace.tokens, len(body) // 8 + pace.tokens)
        self._length = pace.tokens
        self._transport.write(HEAD)
        if not pace.per_second:
            for number in range(pace.tokens):
                self._say(number, received)
            self._end()
            return
        self._next(0, received, self._loop.time() + pace.first_token)

    def _next(self, number: int, received: bytes, at: float) -> None:
        if number:
            self._say(number - 1, received)
        if number == self._length:
            self._end()
            return
        if number:
            at += 1 / self._pace.per_second
        self._timer = self._loop.call_at(at, self._next, number + 1, received, at)

    def _say(self, number: int, received: bytes) -> None:
        if number == 0:
            text = b"%b %b " % (received, stamp(b"T"))
        elif number % STAMPED_EVERY == 0:
            text = stamp(b"T") + (rb".\n\n" if number % PARAGRAPH == 0 else b" ")
        else:
            text = WORDS[number % len(WORDS)] + b" "
        self._transport.write(_chunk(_PIECE.replace(b"%b", text)))

    def _end(self) -> None:
        last = _PIECE.replace(b"%b", b"as our help pages say. This is all that there is about it.")
        self._transport.write(_chunk(last) + _chunk(_STOP) + _chunk(_USAGE % self._usage))
        self._transport.write(_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


async def serve(port: int, pace: Pace) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, pace), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--first-token-ms", type=float, default=500)
    parser.add_argument("--tokens-per-second", type=float, default=25)
    parser.add_argument("--tokens", type=int, default=100)
    options = parser.parse_args()
    pace = Pace(options.first_token_ms / 1000, options.tokens_per_second, options.tokens)
    asyncio.run(serve(options.port, pace))


if __name__ == "__main__":
    main()
