"""What a fitted recogniser sees of a message: which words of a wish it has, and pieces of words.

Pure.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from routing.analysis.first_day_score import pieces
from routing.wishes import typing_errors
from routing.wishes.lexicon import PEOPLE, Lexicon, Word, lexicons

# The last is Greek.
_QUESTION = re.compile(r"[?？؟]|(?<=[\u0370-\u03ff]);")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Reading:
    """A plain text as one language's words explain most of it; no lexicon where none explains any.

    `text` is without the typing errors that the lexicon knows.
    """

    plain: str
    text: str
    lexicon: Lexicon | None
    words: tuple[Word, ...]


def read(plain: str) -> Reading:
    best, most = Reading(plain, plain, None, ()), 0
    for lexicon in lexicons(plain):
        text = typing_errors.corrected(plain, lexicon) if lexicon.is_spaced else plain
        words = tuple(lexicon.words(text))
        known = sum(word.end - word.at or 1 for word in words)
        if known > most:
            best, most = Reading(plain, text, lexicon, words), known
    return best


def named(reading: Reading, *, by_rules: bool) -> dict[str, float]:
    """By their names; `by_rules`: whether the rules alone take it for a wish."""
    tags = sorted({word.tag for word in reading.words})
    return {
        "rules": float(by_rules),
        "person": float(any(tag in PEOPLE for tag in tags)),
        "length": math.log1p(len(reading.plain.split())),
        "question": float(bool(_QUESTION.search(reading.plain))),
        **{f"has {tag}": 1.0 for tag in tags},
        **{f"{one} with {other}": 1.0 for one, other in combinations(tags, 2)},
    }


def parts(plain: str) -> set[str]:
    """Pieces of its words, and pairs of neighbours."""
    words = plain.split()
    return {piece for word in words for piece in pieces(word)} | {
        f"{one}_{other}" for one, other in pairwise(words)
    }


def row(values: Mapping[str, float], names: tuple[str, ...]) -> list[float]:
    get: Callable[[str, float], float] = values.get
    return [get(name, 0.0) for name in names]
