"""What a line may be, told by its beginning where that is enough."""

import re
from dataclasses import dataclass
from functools import lru_cache

# A line of such characters alone may still be anything; where they are more, it is text.
_SIGNS = " \t>*+-_#=:|`~.)0123456789"
MOST_SIGNS = 100
# Lines that are read whole, or are text where they are longer.
MOST_HEADING, MOST_HEADER = 200, 1000

_CONTAINERS = " \t>*+-.)0123456789"
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,}+)(?!.*~~).*$")
# What may stand behind a fence and is not shown: a language, with attributes.
_LANGUAGE = re.compile(r"[\w+#./:-]*[ \t]*(?:\{.*\}|[\w-]+=.*)?$")
_RULE = re.compile(r"(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_HEADING = re.compile(r"#{1,6}(?:[ \t]+|$)")
_CLOSING = re.compile(r"(?:(?:^|[ \t]+)#+)?[ \t]*$")
_MARKER = re.compile(r"(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+|$)")
# With halves of characters, which nothing can encode.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Marker:
    """Of a list's item: its last sign, its number, its length with the spaces behind it."""

    kind: str
    number: int
    length: int


def is_words(line: str) -> bool:
    """Whether a line begins as nothing but words do."""
    return line[:1] not in _SIGNS  # as "" is


def must_wait(line: str, *, is_table: bool, code: str) -> bool:
    """Whether a line's kind is unknown until more of it has come.

    `is_table` inside a table, `code` the sign of the fence inside code.
    """
    if line[0] not in _SIGNS and not code:
        return False
    if not line.strip():
        return True
    if code:
        return len(line) < MOST_SIGNS and not line.strip(" \t>" + code)
    if len(line) < MOST_SIGNS and not line.strip(_SIGNS):
        return True
    start = line[:MOST_SIGNS].lstrip(_CONTAINERS)
    if start.startswith("|"):
        return not is_table and len(line) < MOST_HEADER
    if start.startswith(("```", "~~~")):
        return len(line) < MOST_HEADING and "`" not in start.lstrip("`")
    return start.startswith("#") and len(line) < MOST_HEADING


def marker(line: str, *, interrupts: bool) -> Marker | None:
    """The marker of a list's item; one that `interrupts` a paragraph has words and begins at 1."""
    found = _MARKER.match(line)
    if not found:
        return None
    read = _marker(found[0])
    if interrupts and (read.number != 1 or found.end() == len(line)):
        return None
    return read


@lru_cache(maxsize=256)
def _marker(words: str) -> Marker:
    signs = words.rstrip()
    return Marker(signs[-1], int(signs[:-1] or 1), len(words))


def fence(line: str) -> str:
    """The signs that begin a block of code, as many as its end has at least."""
    found = _FENCE.match(line)
    return (found[1] or found[2]) if found else ""


def words_at(fence: str, line: str) -> str:
    """What stands behind a fence and is no language: words that must not vanish."""
    words = line.lstrip()[len(fence) :].strip()
    return "" if _LANGUAGE.match(words) else words


def heading(line: str) -> str | None:
    """A heading's words, None if it is none."""
    found = _HEADING.match(line)
    return (_CLOSING.sub("", line[found.end() :]) or None) if found else None


def is_rule(line: str) -> bool:
    return bool(_RULE.match(line))


def split_indent(line: str) -> tuple[str, str]:
    rest = line.lstrip(" \t")
    return line[: len(line) - len(rest)], rest


def width(indent: str) -> int:
    return len(indent.expandtabs(4)) if "\t" in indent else len(indent)


def beyond(indent: str, columns: int) -> int:
    """How many characters of an indentation take so many columns."""
    for at in range(len(indent)):
        if width(indent[:at]) >= columns:
            return at
    return len(indent)


def without_control(text: str) -> tuple[str, str]:
    """Text with ends of lines of one kind, and a carriage return that the next piece belongs to."""
    if not _CONTROL.search(text):
        return text, ""
    left = "\r" if text.endswith("\r") else ""
    text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("\ufffd", text), left
