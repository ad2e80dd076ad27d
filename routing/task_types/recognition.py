"""Which task type a message is of: by what it shares with each type's examples. Pure.

`recognition_training.learn` makes a recogniser from examples. A text that is like none of them is
of no type: a wrong approved answer is worse than none.
"""

import base64
import heapq
import json
import math
import re
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import combinations, pairwise
from typing import Any
from zlib import crc32

from routing.analysis.wording import folded, tidy, without_wishes
from routing.errors import BadRecogniser

FORMAT = 2  # raised when features change their meaning: older recognisers are then refused
BUCKETS = 2**17
# What is read of a message: a longer one is of several types or of none.
MOST_CHARACTERS, MOST_WORDS = 600, 60
# Words that are paired, each with every other.
MOST_PAIRED = 16
# Letters that a word shares with its inflections: "return", "returning".
STEM = 5
# Letters of the pieces of words.
PIECES = (3, 4)
# A text is of a type from this closeness to one of its examples on, and from this probability less
# so much of what none of them has ...
CLOSE, LIKELY, DOUBT = 0.3, 0.45, 0.5
# ... and certainly of it from these on, if no more of what it says is in none of the examples.
VERY_CLOSE, SURE, STRANGE = 0.6, 0.95, 0.15
# How fast a lead over the other types becomes certainty: a bank's customers are then recognised
# rightly as often as the probabilities say.
SHARPNESS = 6.0

# A weight as it stands in a row: so many bytes, in steps of 2**-14, from -64 to 64, and moved by
# `ZERO`, so that sums of 4,000 weights are never negative and never too large for their bytes.
LANE, STEP, ZERO = 4, 2.0**-14, 2**20

_WORD = re.compile(r"\w+")

View = frozenset[int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A task type as it is taught: its key, what customers say, and phrases that decide.

    What it is `about` teaches too, but no customer's text is compared with it.
    """

    key: int
    examples: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """A type that a text is like, and why.

    `probability` is 0 to 1, among the types. `closeness`, 0 to 1, is to the nearest `example`, or
    the share of the text that a `phrase` which decides takes. `strangeness`, 0 to 1, is how much
    of the text none of the type's examples has.
    """

    key: int
    probability: float
    closeness: float
    example: str = ""
    phrase: str = ""
    strangeness: float = 0.0

    @property
    def is_one(self) -> bool:
        """Whether the text is of this type at all."""
        likely = self.probability - DOUBT * self.strangeness >= LIKELY
        return bool(self.phrase) or (likely and self.closeness >= CLOSE)

    @property
    def is_certain(self) -> bool:
        """Whether an answer may be given on it."""
        close = self.closeness >= VERY_CLOSE and self.strangeness <= STRANGE
        return close and self.probability >= SURE


@dataclass(frozen=True, slots=True)
class Sketch:
    """An example as a message is compared with it: what each of its words weighs."""

    example: str
    weights: Mapping[str, float]
    length: float


@dataclass(frozen=True, slots=True)
class Recogniser:
    """What `recognition_training.learn` learned; `text` and `read` store it.

    `rarity` weighs the hash buckets. `rows` holds for each bucket the weights of all types side by
    side in one whole number, so that one addition adds a feature to every type: of 77 types, in a
    tenth of the time of 77 additions.
    """

    kinds: tuple[Kind, ...]
    rarity: "array[float]"
    rarest: float  # what a word weighs that no example has
    rows: Mapping[int, int]
    biases: tuple[float, ...]
    sketches: tuple[tuple[Sketch, ...], ...]  # of each kind's examples

    def likeness(self, text: str) -> Likeness | None:
        """The likeliest type, however unlike; None where there is nothing to go by."""
        found = self.likenesses(text, 1)
        return found[0] if found else None

    def likenesses(self, text: str, most: int) -> list[Likeness]:
        """The likeliest types, likeliest first: what a phrase decides, then by the examples."""
        words = words_of(text)
        if not words or not self.kinds:
            return []
        scores = self._scores(words)
        ranked = heapq.nlargest(most, range(len(scores)), key=scores.__getitem__)
        odds = [math.exp(SHARPNESS * (each - scores[ranked[0]])) for each in scores]
        total = sum(odds)
        found = []
        for place in ranked:
            near = self._nearest(words, self.kinds[place].key, self.sketches[place])
            found.append(replace(near, probability=odds[place] / total))
        decided = self._by_phrase(words, found[0])
        if decided is None:
            return found
        return [decided, *(each for each in found if each.key != decided.key)][:most]

    def _scores(self, words: Sequence[str]) -> list[float]:
        """How much speaks for each of the kinds."""
        scores = list(self.biases)
        for view in views_of(words):
            known = [bucket for bucket in view if bucket in self.rows]
            if not known:
                continue
            length = math.sqrt(sum(self.rarity[bucket] ** 2 for bucket in known))
            scores = summed(scores, [self.rows[bucket] for bucket in known], length)
        return scores

    def _nearest(self, words: Sequence[str], key: int, sketches: Sequence[Sketch]) -> Likeness:
        """How close the closest of a type's examples is, and what none of them has."""
        sketch = sketched("", words, self.rarity, self.rarest)
        squares = {word: weight * weight for word, weight in sketch.weights.items()}
        closeness, example, known = 0.0, "", set[str]()
        for other in sketches:
            shared = squares.keys() & other.weights.keys()
            known |= shared
            angle = sum(map(squares.__getitem__, shared)) / (sketch.length * other.length)
            if angle > closeness:
                closeness, example = angle, other.example
        strange = 1 - sum(map(squares.__getitem__, known)) / sketch.length**2
        return Likeness(key, 0.0, closeness, example, strangeness=strange)

    def _by_phrase(self, words: Sequence[str], likely: Likeness) -> Likeness | None:
        """What the longest of the phrases that the text holds decides, unless two types have it."""
        spaced = f" {' '.join(words)} "
        held = [
            (phrase, kind.key)
            for kind in self.kinds
            for phrase in kind.phrases
            if f" {phrase} " in spaced
        ]
        longest = max((len(phrase) for phrase, _ in held), default=0)
        keys = {key for phrase, key in held if len(phrase) == longest}
        if len(keys) != 1:
            return None
        key = keys.pop()
        phrase = next(phrase for phrase, _ in held if len(phrase) == longest)
        share = len(phrase.split()) / len(words)
        if key != likely.key:
            return Likeness(key, 1.0, share, phrase=phrase)
        return Likeness(key, 1.0, max(share, likely.closeness), likely.example, phrase)

    def text(self) -> str:
        """The recogniser as JSON for `read`."""
        size = LANE * len(self.kinds)
        rows = b"".join(row.to_bytes(size, "little") for row in self.rows.values())
        stored = {
            "format": FORMAT,
            "kinds": [astuple(kind) for kind in self.kinds],
            "rarity": _packed(self.rarity.tobytes()),
            "rarest": self.rarest,
            "buckets": _packed(array("I", self.rows).tobytes()),
            "rows": _packed(rows),
            "biases": self.biases,
        }
        return json.dumps(stored)


def read(stored: str) -> Recogniser:
    """A recogniser from its `text`. Raises BadRecogniser."""
    try:
        given: dict[str, Any] = json.loads(stored)
        if given["format"] != FORMAT:
            raise BadRecogniser("written by another version")
        kinds = tuple(
            Kind(int(key), tuple(examples), tuple(phrases), tuple(about))
            for key, examples, phrases, about in given["kinds"]
        )
        rarity, buckets = array("f"), array("I")
        rarity.frombytes(_unpacked(given["rarity"]))
        buckets.frombytes(_unpacked(given["buckets"]))
        rows, size = _unpacked(given["rows"]), LANE * len(kinds)
        biases = tuple(map(float, given["biases"]))
        if (len(rarity), len(rows), len(biases)) != (BUCKETS, size * len(buckets), len(kinds)):
            raise BadRecogniser("its parts do not fit each other")
        lanes = (rows[at : at + size] for at in range(0, len(rows), size or 1))
        return made(
            kinds,
            rarity,
            float(given["rarest"]),
            {
                bucket: int.from_bytes(lane, "little")
                for bucket, lane in zip(buckets, lanes, strict=True)
            },
            biases,
        )
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BadRecogniser(str(error)) from error


def made(
    kinds: tuple[Kind, ...],
    rarity: "array[float]",
    rarest: float,
    rows: Mapping[int, int],
    biases: tuple[float, ...],
) -> Recogniser:
    """A recogniser with the sketches of its examples."""
    sketches = tuple(
        tuple(sketched(each, words_of(each), rarity, rarest) for each in kind.examples)
        for kind in kinds
    )
    return Recogniser(kinds, rarity, rarest, rows, biases, sketches)


def summed(scores: Sequence[float], rows: Sequence[int], length: float) -> list[float]:
    """The types' scores with what these rows, of a view of this length, say for each."""
    lanes = array("I", sum(rows).to_bytes(LANE * len(scores), "little"))
    zero, unit = ZERO * len(rows), STEP / length
    return [score + (lane - zero) * unit for score, lane in zip(scores, lanes, strict=True)]


def sketched(example: str, words: Sequence[str], rarity: "array[float]", rarest: float) -> Sketch:
    stems = {word[:STEM] for word in words}
    weights = {stem: rarity[_word(stem)] or rarest for stem in stems}
    return Sketch(example, weights, math.sqrt(sum(at * at for at in weights.values())) or 1.0)


def words_of(text: str) -> list[str]:
    """What is read of any text: its words, folded. The time does not grow with its length."""
    return _WORD.findall(folded(without_wishes(tidy(text, MOST_CHARACTERS))))[:MOST_WORDS]


def views_of(words: Sequence[str]) -> tuple[View, View, View]:
    """A text's hash buckets: words and neighbours, words and all others, pieces of words."""
    stems = [word[:STEM] for word in words]
    hashes = [crc32(stem.encode()) for stem in stems]
    near = {_word(stem) for stem in stems}
    near.update((first * 31 + second) % BUCKETS for first, second in pairwise(hashes))
    distinct = sorted(set(hashes[:MOST_PAIRED]))
    apart = ((first * 37 + second * 3 + 1) % BUCKETS for first, second in combinations(distinct, 2))
    spaced = [f" {word} ".encode() for word in words]
    pieces = (
        crc32(word[at : at + length], length) % BUCKETS
        for word in spaced
        for length in PIECES
        for at in range(len(word) - length + 1)
    )
    return frozenset(near), frozenset(apart), frozenset(pieces)


def phrase(text: str) -> str:
    """A phrase as it is looked for: its words, folded."""
    return " ".join(_WORD.findall(folded(tidy(text))))


def _word(stem: str) -> int:
    return crc32(stem.encode()) % BUCKETS


def _packed(values: bytes) -> str:
    return base64.b64encode(zlib.compress(values, 6)).decode()


def _unpacked(packed: str) -> bytes:
    return zlib.decompress(base64.b64decode(packed, validate=True))
