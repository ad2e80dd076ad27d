"""What an answer claims, and whether what it was written from says so. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache

from routing.analysis.features import sums

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]\"']+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+",
    re.I,
)
# Longer runs of digits are numbers of orders and the like: read in pieces, alike on both sides.
FIGURE = re.compile(r"\d[\d,]{0,14}(?:\.\d{1,9})?")
MARK = re.compile(r"^\s*\(?\d{1,2}[.)]\s", re.MULTILINE)
_NAME = re.compile(r"(?<=[\w,;] )[A-Z][a-z]{2,}\b")
_WORD = re.compile(r"[^\W\d_]{4,}")
# Letters of a word that are compared: "returns" and "returned" are grounds for each other.
STEM = 5
# Words that every answer has.
_COMMON_TEXT = (
    "about after also around been before cannot could does down each from have help here into "
    "just like make more most much need only other over please should some such than that their "
    "them then there these they this those time very want well were what when where which while "
    "will with would your yours thank thanks sorry know tell"
)
_COMMON = frozenset(_COMMON_TEXT.split())


def links(answer: str, grounds: str) -> list[str]:
    """Addresses that the answer gives and the grounds do not."""
    known = grounds.lower()
    found = (link.rstrip(".,;:!?").lower() for link in _LINK.findall(answer))
    return [link for link in found if link not in known]


def figures(answer: str, grounds: Sequence[str]) -> list[str]:
    """Figures that are neither in the grounds, nor a list's numbers, nor a sum's right result."""
    text = MARK.sub(" ", _LINK.sub(" ", answer))
    given = FIGURE.findall(text)
    if not given:
        return []
    known = {stated for stated, right in sums(text) if right}.union(*map(_figures_of, grounds))
    return [figure for figure in given if as_number(figure) not in known]


def names(answer: str, grounds: str) -> list[str]:
    """Capitalised words within a sentence that occur nowhere in the grounds."""
    known = grounds.lower()
    return [name for name in _NAME.findall(answer) if name.lower() not in known]


def stems(text: str) -> set[str]:
    """The beginnings of a text's telling words."""
    return {word[:STEM] for word in _WORD.findall(text.lower()) if word not in _COMMON}


# Most answers are given the same few articles and instructions: most of what a check costs.
@lru_cache(maxsize=512)
def _stems_of(ground: str) -> frozenset[str]:
    return frozenset(stems(ground))


@lru_cache(maxsize=512)
def _figures_of(ground: str) -> frozenset[float]:
    return frozenset(map(as_number, FIGURE.findall(ground)))


def coverage(answer: str, grounds: Sequence[str]) -> float:
    """Share of the answer's telling words that the grounds have too; 1 without any."""
    claimed = stems(answer)
    if not claimed:
        return 1.0
    return len(claimed & frozenset().union(*map(_stems_of, grounds))) / len(claimed)


def as_number(figure: str) -> float:
    """The value of a figure as written, thousands marked or not."""
    return float(figure.replace(",", ""))
