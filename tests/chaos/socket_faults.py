"""Sockets are cut at each step of the protocol, by a reset that nobody says goodbye with."""

import asyncio
import base64
import os
import socket
import struct
from contextlib import suppress

from tests.chaos.customers import Customer
from tests.chaos.havoc import Fault, Havoc

CUSTOMERS = 20
PATIENCE = 5.0
TEXT, CONTINUED, CLOSE, PING = 0x1, 0x0, 0x8, 0x9


def frame(kind: int, payload: bytes, *, final: bool = True) -> bytes:
    """Of a browser: masked. Payloads here are shorter than 126 bytes."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([0x80 * final | kind, 0x80 | len(payload)]) + mask + masked


ACK = frame(TEXT, b'{"ack": 1}')
# What was sent after the handshake before the line is cut.
AFTER_HANDSHAKE = {
    "at once": b"",
    "in the head of a frame": ACK[:1],
    "in the mask": ACK[:4],
    "in the words": ACK[:-3],
    "after a frame": ACK,
    "after frames at once": ACK * 50,
    "between two fragments": frame(TEXT, b'{"ack"', final=False),
    "in the second fragment": frame(TEXT, b'{"a', final=False) + frame(CONTINUED, b'ck": 1}')[:5],
    "after a ping": frame(PING, b"there?"),
    "in the goodbye": frame(CLOSE, struct.pack("!H", 1000))[:3],
    "after the goodbye": frame(CLOSE, struct.pack("!H", 1000)),
}
# How much of the handshake was sent.
BEFORE = (0.0, 0.1, 0.9, 1.0)


async def cut_sockets(havoc: Havoc) -> None:
    """Those of customers right after they said something, and others beside them at each step."""
    customers = [each for each in havoc.customers if each.story.conversation][:CUSTOMERS]
    for customer in customers:
        customer.interject()
        await asyncio.sleep(havoc.chance.choice((0, 0.005, 0.05)))
        customer.is_cut_off()
    if customers:
        one = havoc.chance.choice(customers)
        steps: list[tuple[float, bytes | None]] = [(share, None) for share in BEFORE]
        steps += [(1.0, sent) for sent in AFTER_HANDSHAKE.values()]
        await asyncio.gather(*(_cut(havoc, one, share, sent) for share, sent in steps))


async def _cut(havoc: Havoc, customer: Customer, share: float, sent: bytes | None) -> None:
    """One more tab of the customer's, whose line is cut after so much."""
    head = [
        f"GET /ws/c/{customer.story.conversation}/?seen=0 HTTP/1.1",
        f"Host: 127.0.0.1:{havoc.stack.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *(f"{name}: {value}" for name, value in customer.browser.headers.items()),
    ]
    hello = "\r\n".join([*head, "", ""]).encode()
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection("127.0.0.1", havoc.stack.port)
        try:
            writer.write(hello[: int(len(hello) * share)])
            await writer.drain()
            if sent is not None:
                async with asyncio.timeout(PATIENCE):
                    await reader.readuntil(b"\r\n\r\n")
                writer.write(sent)
                await writer.drain()
        finally:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    line = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


FAULTS = [Fault("sockets cut at each step", cut_sockets, full=4)]
