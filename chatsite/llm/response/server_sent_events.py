"""The events of a response, whose bytes come cut anywhere, or its one JSON document."""

import asyncio
import math
from dataclasses import dataclass, replace

import aiohttp
import httpx2

from chatsite.llm.transport import TooLong

# Bytes of one event, or of a whole document: beyond it, it is no answer of a model.
MOST_OF_AN_EVENT = 1024 * 1024
# Names of events that say no more than that the server is there.
_SIGNS_OF_LIFE = {b"ping", b"keep-alive", b"keepalive", b"heartbeat"}
_BOM = b"\xef\xbb\xbf"


class NotAnAnswer(Exception):
    """A page of HTML, or whatever else begins like neither events nor JSON."""


@dataclass(frozen=True, slots=True)
class Event:
    data: bytes
    is_error: bool = False  # it is named so
    is_last: bool = False  # the body ended here, perhaps in the middle of it


class Events:
    """Of one response. Close it in the end."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._reader: aiohttp.StreamReader = response.extensions["reader"]
        self._rest = b""
        self._begun = False
        self._is_document = False  # one JSON value instead of events
        self._loop = asyncio.get_running_loop()
        self._until = math.inf  # loop time until which somebody waits
        self._alarm: asyncio.TimerHandle | None = None
        self.ended = False  # nothing more will come, for whatever reason

    async def next(self, until: float) -> list[Event]:
        """The events that are here, often none; waits for bytes until loop time `until`.

        Raises TimeoutError, TooLong, NotAnAnswer.
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
            # Some end their last event with one newline or none; one that was cut is no JSON.
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

    def _split(self, read: bytes) -> list[Event]:
        """Raises TooLong, NotAnAnswer."""
        text = self._rest + read
        if not self._begun:
            text = text.removeprefix(_BOM).lstrip()
            if not text or _BOM.startswith(text):
                self._rest = text
                return []
            self._begun = True
            self._is_document = text[:1] in (b"{", b"[")
            if text[:1] == b"<":
                raise NotAnAnswer
        if self._is_document:
            return self._document(text)
        held = b""
        if b"\r" in text:
            if text.endswith(b"\r"):  # perhaps half of a \r\n
                text, held = text[:-1], b"\r"
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *blocks, rest = text.split(b"\n\n")
        self._rest = rest + held
        if len(self._rest) > MOST_OF_AN_EVENT:
            raise TooLong
        events = [event for block in blocks if (event := _event(block))]
        return [replace(event, is_last=True) for event in events] if self.ended else events

    def _document(self, text: bytes) -> list[Event]:
        self._rest = text
        if len(text) > MOST_OF_AN_EVENT:
            raise TooLong
        return [Event(text, is_last=True)] if self.ended else []


def _event(block: bytes) -> Event | None:
    """What an event's `data:` lines hold; its other fields and comments are dropped."""
    if block.startswith(b"data: ") and b"\n" not in block:
        return Event(block[6:])
    data, is_error = [], False
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            is_error = value.strip() == b"error"
            if value.strip().lower() in _SIGNS_OF_LIFE:
                return None
    joined = b"\n".join(data)
    return Event(joined, is_error) if joined.strip() else None
