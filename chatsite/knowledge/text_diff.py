"""What differs between two texts, to be read: by lines, and by words where lines changed. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# Lines around a change that stay in sight.
CONTEXT = 2
# Words of changed lines that are compared: a rewritten page is shown as gone and new.
MOST_WORDS = 2000
# How alike (0..1) two passages are whose words are worth telling apart.
ALIKE = 0.4


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"
    LEFT_OUT = "left out"  # unchanged lines: the text is their number


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str


def between(old: str, new: str) -> list[Piece]:
    """In order. [] where the texts are the same."""
    before, after = (_lines(text) for text in (old, new))
    found = SequenceMatcher(None, before, after).get_opcodes()
    if all(tag == "equal" for tag, *_ in found):
        return []
    pieces: list[Piece] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(found):
        if tag == "equal":
            head = CONTEXT if number else 0
            tail = CONTEXT if number < len(found) - 1 else 0
            pieces += _unchanged(before[i1:i2], head, tail)
        else:
            pieces += _changed("".join(before[i1:i2]), "".join(after[j1:j2]))
    return pieces


def _lines(text: str) -> list[str]:
    """Browsers send other ends of lines than programs. The last line has one too."""
    return [f"{line}\n" for line in text.splitlines()]


def _unchanged(lines: Sequence[str], head: int, tail: int) -> Iterator[Piece]:
    left_out = len(lines) - head - tail
    if left_out < 2:
        yield Piece(Kind.SAME, "".join(lines))
        return
    if head:
        yield Piece(Kind.SAME, "".join(lines[:head]))
    yield Piece(Kind.LEFT_OUT, str(left_out))
    if tail:
        yield Piece(Kind.SAME, "".join(lines[-tail:]))


def _changed(old: str, new: str) -> Iterator[Piece]:
    """`old` or `new` may be blank: then the other is whole."""
    before, after = (re.findall(r"\w+|\s+|[^\w\s]", text) for text in (old, new))
    words = SequenceMatcher(None, before, after, autojunk=False)
    if len(before) + len(after) > MOST_WORDS or words.quick_ratio() < ALIKE:
        yield from _pair(old, new)
        return
    if words.ratio() < ALIKE:
        yield from _pair(old, new)
        return
    for tag, i1, i2, j1, j2 in words.get_opcodes():
        if tag == "equal":
            yield Piece(Kind.SAME, "".join(before[i1:i2]))
        else:
            yield from _pair("".join(before[i1:i2]), "".join(after[j1:j2]))


def _pair(old: str, new: str) -> Iterator[Piece]:
    if old:
        yield Piece(Kind.GONE, old)
    if new:
        yield Piece(Kind.NEW, new)
