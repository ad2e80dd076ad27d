"""Many open tabs for little: a bare websocket client that reads the times out of the answers.

A chat sends one message after the other and times each answer. Nothing is rendered; that tabs show
what the database holds is tests/chaos's matter.
"""

import asyncio
import base64
import os
import re
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from tests.load.clocked import STAMPED_EVERY, moment, now

ACKNOWLEDGED_EVERY = 32  # frames, as chat.js does
STAMP = re.compile(rb"([QT])([A-P]{9})\b")
REPLY = re.compile(rb'id="message-(\d+)"[^>]*?data-role="assistant"[^>]*?data-state="(\w+)"')


@dataclass(slots=True)
class Answer:
    """What one chat saw of one answer. Times in microseconds."""

    sent: int
    received: int = 0  # by the provider
    first: int = 0  # from the provider's first word to this socket
    later: list[int] = field(default_factory=list)  # the same for the later stamped words
    ended: int = 0
    state: str = ""
    stamps: set[bytes] = field(default_factory=set)  # of all words that came, late ones too
    newest: int = 0  # the latest stamp that came as a word

    @property
    def to_provider(self) -> int:
        return self.received - self.sent

    def whole(self, tokens: int) -> bool:
        """Whether it ended complete, with its last word."""
        stamps = 1 + (tokens - 1) // STAMPED_EVERY
        return self.state == "complete" and len(self.stamps) == stamps

    def unseen(self, tokens: int) -> int:
        """Stamped words that came with the stored answer only."""
        return 1 + (tokens - 1) // STAMPED_EVERY - bool(self.first) - len(self.later)


class Chat(asyncio.Protocol):
    """One socket. `ask` one message at a time."""

    path = "/ws/c/{conversation}/?seen=0"

    def __init__(self, url: str, cookie: str, conversation: str = "") -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        assert address.port is not None
        self.host, self.port = address.hostname, address.port
        self.cookie = cookie
        self.conversation = conversation or str(uuid.uuid4())
        self._read = bytearray()
        self._frames = 0
        self._ended = 0
        self._answer: Answer | None = None
        self._open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._done: asyncio.Future[Answer] | None = None
        self._shaken = False
        self._transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        """Raises ConnectionError."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, self.host, self.port)
        assert self._transport is not None
        key = base64.b64encode(os.urandom(16)).decode()
        path = self.path.format(conversation=self.conversation)
        site = f"{self.host}:{self.port}"
        self._transport.write(
            f"GET {path} HTTP/1.1\r\nHost: {site}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Origin: http://{site}\r\nCookie: {self.cookie}\r\n\r\n".encode()
        )
        await self._open

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, text: str, within: float) -> Answer:
        """The answer once it has ended. Raises TimeoutError, ConnectionError."""
        self._done = asyncio.get_running_loop().create_future()
        said = self._said(text)
        self._answer = Answer(now())
        self._send(0x81, said)
        async with asyncio.timeout(within):
            return await self._done

    def _said(self, text: str) -> bytes:
        return orjson.dumps({"text": text, "client_id": str(uuid.uuid4())})

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        lost = ConnectionResetError("the socket was closed")
        for waiting in (self._open, self._done):
            if waiting is not None and not waiting.done():
                waiting.set_exception(lost)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._shaken:
            head, end, rest = bytes(self._read).partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.close()
                return
            self._shaken = True
            self._read = bytearray(rest)
            self._open.set_result(None)
        arrived = now()
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == 1:
                self._heard(payload, arrived)
            elif kind == 9:
                self._send(0x8A, payload)
            elif kind == 8:
                self.close()

    def _frame(self) -> tuple[int, bytes] | None:
        read = self._read
        if len(read) < 2:
            return None
        length, start = read[1], 2
        if length == 126:
            length, start = int.from_bytes(read[2:4], "big"), 4
        elif length == 127:
            length, start = int.from_bytes(read[2:10], "big"), 10
        if len(read) < start or len(read) < start + length:
            return None
        payload = bytes(read[start : start + length])
        kind = read[0] & 0x0F
        del read[: start + length]
        return kind, payload

    def _send(self, first: int, payload: bytes) -> None:
        """One frame; the mask that clients owe is all zeros, which leaves the payload as it is."""
        length = len(payload)
        if length < 126:
            head = bytes((first, 0x80 | length))
        else:
            head = bytes((first, 0x80 | 126)) + length.to_bytes(2, "big")
        assert self._transport is not None
        self._transport.write(head + b"\0\0\0\0" + payload)

    def _heard(self, html: bytes, arrived: int) -> None:
        self._frames += 1
        if self._frames % ACKNOWLEDGED_EVERY == 0:
            self._send(0x81, b'{"ack":%d}' % self._frames)
        answer = self._answer
        if answer is None:
            return
        if b"<article" not in html:
            self._time(answer, html, arrived)
            return
        ends = [(int(id), state) for id, state in REPLY.findall(html) if int(id) > self._ended]
        if not ends or ends[-1][1] in (b"pending", b"writing"):
            self._time(answer, html, arrived)
            return
        # The end, with what the tab still lacks. What is timed are the words as they come.
        self._ended, state = ends[-1]
        end = html.rindex(b'id="message-%d"' % self._ended)
        self._time(answer, html[:end], arrived)
        self._count(answer, html[end:])
        self._end(answer, state.decode(), arrived)

    def _end(self, answer: Answer, state: str, arrived: int) -> None:
        answer.state, answer.ended = state, arrived
        self._answer = None
        if self._done is not None and not self._done.done():
            self._done.set_result(answer)

    def _time(self, answer: Answer, html: bytes, arrived: int) -> None:
        for kind, value in STAMP.findall(html):
            at = moment(value)
            if at < answer.sent:
                continue  # of an earlier answer in the same log
            if kind == b"Q":
                answer.received = at
            elif at > answer.newest:
                answer.newest = at
                if not answer.first:
                    answer.first = arrived - at
                else:
                    answer.later.append(arrived - at)
        self._count(answer, html)

    def _count(self, answer: Answer, html: bytes) -> None:
        answer.stamps |= {
            value
            for kind, value in STAMP.findall(html)
            if kind == b"T" and moment(value) >= answer.sent  # and of no earlier answer
        }
