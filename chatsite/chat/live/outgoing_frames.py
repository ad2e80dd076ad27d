"""The frames of the live channel: what open tabs are told, and how it travels through Redis.

A frame says what it continues, so a socket notices whatever was lost on the way and renders from
the database instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

# Kinds and values of the page's pieces; the process that has the tab makes HTML of them.
Pieces = Sequence[tuple[str, Any]]
# The kind of a piece after which a tab is shown nothing more.
OVER = "over"


@dataclass(frozen=True, slots=True, eq=False)
class Delta:
    """What a page lacks of characters `start` to `end` of what an attempt writes.

    `is_last`: the text has ended there, and is stored as it was shown.
    """

    conversation: str
    reply: int
    attempt: int
    start: int
    end: int
    html: str
    is_last: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """An attempt starts to write; `pieces` clear what an earlier one may have left."""

    conversation: str
    reply: int
    attempt: int
    pieces: Pieces
    start: ClassVar = 0
    end: ClassVar = 0


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """A committed change: what a tab at revision `before` needs to be at `after`.

    `ended` are replies with their attempts, of which nothing more is to be shown.
    """

    conversation: str
    before: int
    after: int
    pieces: Pieces
    ended: list[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """A member of staff looks at a conversation, or types there, of which the customer is told."""

    conversation: str
    person: int
    name: str
    is_typing: bool


@dataclass(frozen=True, slots=True, eq=False)
class Noted:
    """What only staff see of a conversation is different: its notes or its tags."""

    conversation: str


Frame = Delta | Begun | Changed | Present | Noted
_KINDS: dict[str, type[Delta] | type[Begun] | type[Changed] | type[Present] | type[Noted]] = {
    kind.__name__: kind for kind in (Delta, Begun, Changed, Present, Noted)
}


def packed(frames: Iterable[Frame]) -> bytes:
    """The frames as one message, each a list that begins with its kind."""
    return orjson.dumps(
        [
            [type(frame).__name__, *(getattr(frame, name) for name in frame.__slots__)]
            for frame in frames
        ]
    )


def unpacked(data: bytes) -> list[Frame]:
    """The frames of one message."""
    return [_KINDS[kind](*values) for kind, *values in orjson.loads(data)]
