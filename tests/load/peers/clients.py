"""How a peer is asked, where it does not speak as the relay does."""

import asyncio
import uuid

import orjson

from tests.load.chats import Chat
from tests.load.clocked import now

LAST = b"0\r\n\r\n"  # chunk of a response


class SocketIO(Chat):
    """Chainlit's page: Engine.IO and Socket.IO over one websocket."""

    path = "/ws/socket.io/?EIO=4&transport=websocket"

    async def connect(self) -> None:
        self._joined = asyncio.get_running_loop().create_future()
        self._begun = False
        await super().connect()
        await self._joined

    def _said(self, text: str) -> bytes:
        message = {
            "id": str(uuid.uuid4()),
            "name": "User",
            "type": "user_message",
            "output": text,
            "createdAt": "2026-01-01T00:00:00Z",  # which it replaces
        }
        return b"42" + orjson.dumps(["client_message", {"message": message}])

    def _heard(self, packet: bytes, arrived: int) -> None:
        if packet == b"2":
            self._send(0x81, b"3")
        elif packet.startswith(b"0"):
            session = {"sessionId": self.conversation, "clientType": "webapp"}
            self._send(0x81, b"40" + orjson.dumps(session))
        elif packet.startswith(b"40"):
            self._send(0x81, b'42["connection_successful"]')
            self._joined.set_result(None)
        elif answer := self._answer:
            self._time(answer, packet, arrived)
            if packet.startswith(b'42["task_start"'):
                self._begun = True
            elif packet.startswith(b'42["task_end"') and self._begun:
                self._begun = False
                self._end(answer, "complete", arrived)


class Completions(Chat):
    """OpenAI's protocol: a streamed request over a connection that stays open."""

    path = "/v1/chat/completions"

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, self.host, self.port)
        self._open.set_result(None)

    def _said(self, text: str) -> bytes:
        messages = [{"role": "user", "content": text}]
        body = {"model": "gpt-3.5-turbo", "messages": messages, "stream": True}
        return orjson.dumps(body)

    def _send(self, first: int, payload: bytes) -> None:
        assert self._transport is not None
        self._transport.write(
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: Bearer {self.cookie}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(payload)}\r\n\r\n".encode()
            + payload
        )

    def data_received(self, data: bytes) -> None:
        arrived = now()
        if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 200"):
            self.close()
            return
        self._read += data
        lines, _, rest = bytes(self._read).rpartition(b"\n")
        ended = self._read == LAST or self._read.endswith(b"\n" + LAST)
        self._read = bytearray(rest)
        if answer := self._answer:
            self._time(answer, lines, arrived)
            if ended:
                self._end(answer, "complete", arrived)


class OpenWebUI(Completions):
    """Its page asks here too; an API request keeps no conversation."""

    path = "/api/chat/completions"
