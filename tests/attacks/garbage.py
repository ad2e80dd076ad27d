"""What no page sends: values, frames, bodies and bytes, the same for the same seed."""

import json
import random
import struct
import uuid
from typing import Any

STRINGS = [
    *("", " ", "\0", "%00", "x" * 5000, "x" * 40_001, "9" * 200, "-1", "0", "1", "١٢", "1e400"),
    *("NaN", "' OR 1=1 --", "<script>alert(1)</script>", "2026-99-99", "../../etc/passwd", "{}"),
    *("[]", "null", "true", "\ud83d", "\udfff\ud800", "😀" * 300, "\u202e\u2066\u200f", "\r\n\r\n"),
    *("a\u0301" * 900, "{{7*7}}", "%s%n%x", "\ufeff", "=cmd|' /C calc'!A0", "a@b", "a@b.example"),
]
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        2**31,
        2**63,
        -(2**63),
        10**30,
        1.5,
        1e308,
        [],
        {},
        [[]],
        {"a": {}},
    ),
    *([1] * 500, {str(number): number for number in range(300)}, ["x", {"y": [None]}]),
]
KEYS = [
    *("text", "client_id", "retry", "stop", "rate", "rating", "note", "satisfaction", "email"),
    *("person", "ack", "here", "typing", "type", "__proto__", "", "\0"),
]
FIELDS = [
    *("text", "client_id", "rate", "rating", "note", "satisfaction", "email", "person", "action"),
    *("username", "password", "_selected_action", "index", "select_across", "q", "name", "limit"),
    *("scope", "period", "key", "draft", "day", "from", "to", "tag", "verb", "id", "model", "code"),
    *("title", "slug", "body", "threshold", "question", "form-TOTAL_FORMS", "next", "token"),
]
TYPES = [
    *(
        "application/x-www-form-urlencoded",
        "application/json",
        "text/plain",
        "",
        "multipart/form-data",
    ),
    *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7"),
]


def value(chance: random.Random) -> Any:
    return chance.choice(STRINGS) if chance.random() < 0.6 else chance.choice(VALUES)


def frame(chance: random.Random, replies: int) -> str | bytes:
    """Of a conversation's socket: mostly what its page would send, and one thing is wrong."""
    kind = chance.random()
    if kind < 0.03:
        return chance.randbytes(chance.randrange(200))
    if kind < 0.08:
        return chance.choice(
            ["[" * 3000, '{"text":', "\x00", "[]", "1", '"text"', "x" * 50_000, ""]
        )
    reply = chance.randrange(1, replies + 50)
    said: dict[str, Any] = chance.choice(
        [
            {"ack": reply},
            {"ack": reply},
            {"retry": reply},
            {"stop": reply},
            {"rate": reply, "rating": chance.choice("1-0"), "note": "x"},
            {"satisfaction": "1", "note": ""},
            {"email": "a@b.example"},
            {"person": chance.choice("01")},
            {
                "text": "Where is my parcel?",
                "client_id": str(uuid.UUID(int=chance.getrandbits(128))),
            },
        ]
    )
    if kind < 0.8 or "text" in said:
        said[chance.choice(list(said))] = value(chance)
    if kind < 0.2:
        said |= {key: value(chance) for key in chance.sample(KEYS, 3)}
    # With lone surrogates, as a script of a browser escapes them.
    return json.dumps(said)


def inbox_frame(chance: random.Random) -> str:
    said = {"here": str(uuid.UUID(int=chance.getrandbits(128))), "typing": True}
    if chance.random() < 0.5:
        said[chance.choice(["here", "typing"])] = value(chance)
    return json.dumps(said)


def wire(chance: random.Random) -> bytes:
    """What is no frame at all: wrong bits, lengths, fragments and codes of closing."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(1, 300))
    payload = chance.randbytes(chance.randrange(0, 120))
    first = chance.choice([0x81, 0x82, 0x88, 0x89, 0x8A, 0x01, 0x00, 0x83, 0x8F, 0xC1, 0xF1])
    if kind == 1:  # A length that never comes, or that nobody can hold.
        return struct.pack("!BBQ", first, 0xFF, chance.choice([2**63 - 1, 2**40, 70_000])) + payload
    if kind == 2:  # Not masked.
        return bytes([first, len(payload)]) + payload
    mask = chance.randbytes(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([first, 0x80 | len(payload)]) + mask + masked


def body(chance: random.Random) -> tuple[dict[str, str] | bytes, str]:
    """Fields of a form, or bytes, and the type that they are said to be of."""
    if chance.random() < 0.7:
        names = chance.sample(FIELDS, chance.randrange(1, 10))
        fields = {name: str(value(chance)) for name in names}
        fields = {name: text.encode("utf-8", "replace").decode() for name, text in fields.items()}
        if chance.random() < 0.5:
            fields["client_id"] = str(uuid.UUID(int=chance.getrandbits(128)))
        return fields, ""
    said = {chance.choice(FIELDS): value(chance) for _ in range(4)}
    raw = chance.choice([json.dumps(said).encode(), chance.randbytes(300), b"--x\r\n", b"{", b""])
    return raw, chance.choice(TYPES)
