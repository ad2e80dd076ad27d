"""How likely is it that a cheap answer would not do, before a site has labels of its own? Pure.

By a logistic regression that the product ships: fitted by `learning.first_day_training` to messages
to shops and offices of many kinds, in 27 languages (`data/customer_messages.jsonl`). One head reads
words; another reads an embedding of the message and of the turn that it continues, where there is
one. Both see what `features` sees: dangers, figures, length, questions.

Its log-odds become a score by a scale that says how unusual they are: 7 is what 70 % of messages
stay below. It begins as shipped, and becomes the site's own as messages come in.
"""

import base64
import json
import math
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul
from pathlib import Path
from typing import Any

from routing.analysis.hazards import Found

ARTIFACT = Path(__file__).parent.parent / "artifacts" / "first_day.json"

# Standard deviations beyond which a feature counts no more: no single oddity decides.
FURTHEST = 3.0
# Words of which a process remembers what they tell: 5 MB.
MOST_REMEMBERED = 20_000
# Characters of pieces of words: long enough to tell, and two where words are not spaced.
PIECES, PIECES_UNSPACED = (3, 4, 5), (1, 2, 3)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
# Commas, colons and brackets, in any script: clauses and lists.
_CLAUSES = ",;:(\u060c\u3001\uff0c"

Terms = dict[str, float]
# What is added to the log-odds of every message.
USUAL = "usual"
# What a receipt calls the features; several are shown as one.
NAMES: Mapping[str, str] = {
    "certain": "danger",
    "hints": "words of danger",
    "hint classes": "words of danger",
    "hints in few words": "words of danger",
    "certain before": "danger said before",
    "hints before": "danger said before",
    "figures": "figures",
    "figures a word": "figures",
    "figures before": "figures",
    "clauses": "figures",
    "lines": "figures",
    "words": "length",
    "words squared": "length",
    "characters": "length",
    "questions": "questions",
    "parts": "questions",
    "several parts": "questions",
    "reasoning": "reasoning",
    "upset": "the customer is upset",
    "follows": "a follow-up",
}
# Features that every message has some of: told against the average.
SPREAD = frozenset({"words", "words squared", "characters", "questions"})


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the model reads it: tidied, without wishes for a model, folded.

    `before` is the turn that it continues, blank at the beginning.
    """

    text: str
    folded: str
    before: str
    folded_before: str
    dangers: Found
    dangers_before: Found
    words: int  # different ones
    questions: int
    parts: int
    reasoning: int
    upset: bool


def features(said: Said) -> dict[str, float]:
    """The named features of a message."""
    figures, words = len(_FIGURE.findall(said.text)), max(1, said.words)
    length = math.log1p(words)
    signs = len(said.dangers.phrases)
    short = len(said.text) < 80
    return {
        "certain": float(min(2, len(said.dangers.certain))),
        "hints": float(min(4, signs)),
        "hint classes": float(len(said.dangers.certain) + len(said.dangers.possible)),
        "hints in few words": signs / math.sqrt(words),
        "certain before": float(bool(said.dangers_before.certain)),
        "hints before": float(min(3, len(said.dangers_before.phrases))),
        "figures": math.log1p(figures),
        "figures a word": min(0.5, figures / words),
        "figures before": math.log1p(len(_FIGURE.findall(said.before))) if short else 0.0,
        "clauses": math.log1p(sum(map(said.text.count, _CLAUSES))),
        "lines": math.log1p(said.text.count("\n")),
        "words": length,
        "words squared": length * length,
        # No more than so many words have: a row of a thousand letters is not long.
        "characters": math.log1p(min(len(said.text), 12 * words)),
        "questions": float(min(2, said.questions)),
        "parts": float(min(5, said.parts)),
        "several parts": float(said.parts > 2 or said.questions > 2),
        "reasoning": float(said.reasoning),
        "upset": float(said.upset),
        "follows": float(bool(said.before)),
    }


def words(said: Said) -> set[str]:
    """The different words of a message and of the turn before it."""
    return set(f"{said.folded_before} {said.folded}".split())


def pieces(word: str) -> set[str]:
    """Of a word: what it shares with its inflections and relatives."""
    if not word.isascii() and _UNSPACED.search(word):
        sizes, spaced = PIECES_UNSPACED, word
    else:
        sizes, spaced = PIECES, f" {word} "
    return {
        spaced[at : at + size] for size in sizes for at in range(max(1, len(spaced) - size + 1))
    }


class Wording:
    """How much each piece of a word tells. Most words come again and again, and are remembered."""

    def __init__(self, known: Mapping[str, tuple[float, float]]) -> None:
        """`known`: of each piece, how rare it is and its weight."""
        self.known = known
        self._remembered: dict[str, tuple[float, float]] = {}

    def log_odds(self, said: Said) -> float:
        remembered = self._remembered
        total = squares = 0.0
        for word in words(said):
            told = remembered.get(word) or self._read(word)
            total += told[0]
            squares += told[1]
        return total / math.sqrt(squares) if squares else 0.0

    def _read(self, word: str) -> tuple[float, float]:
        found = [self.known[piece] for piece in pieces(word) if piece in self.known]
        told = sum(a * b for a, b in found), sum(a * a for a, _ in found)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[word] = told
        return told


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic regression. `named` has each feature's mean, standard deviation and weight.

    It reads the wording, or `vector` is multiplied with an embedding.
    `quantiles` are the log-odds of messages that it was not fitted to, of 0, 5 … 100 % of them.
    """

    bias: float
    named: Mapping[str, tuple[float, float, float]]
    quantiles: tuple[float, ...]
    wording: Wording
    vector: tuple[float, ...] = ()

    def terms(self, values: Mapping[str, float], said: Said, vector: Sequence[float]) -> Terms:
        """What each feature adds to the log-odds, by the names of receipts."""
        found = {USUAL: self.bias}
        for name, (centre, scale, weight) in self.named.items():
            added = weight * max(-FURTHEST, min(FURTHEST, (values[name] - centre) / scale))
            if name not in SPREAD:
                # Told against a message without it.
                without = weight * max(-FURTHEST, -centre / scale)
                found[USUAL] += without
                added -= without
            shown = NAMES[name]
            found[shown] = found.get(shown, 0.0) + added
        if self.vector:
            found["meaning"] = sum(map(mul, self.vector, vector))
        else:
            found["wording"] = self.wording.log_odds(said)
        return found

    def text(self) -> dict[str, Any]:
        """As JSON, for `head`."""
        return {
            "bias": self.bias,
            "named": self.named,
            "quantiles": self.quantiles,
            "pieces": list(self.wording.known),
            "rarity": _packed([rarity for rarity, _ in self.wording.known.values()]),
            "weights": _packed([weight for _, weight in self.wording.known.values()]),
            "vector": _packed(self.vector),
        }


def head(stored: Mapping[str, Any]) -> Head:
    """From its `text`. Raises KeyError and its kin for what is not one."""
    both = zip(_unpacked(stored["rarity"]), _unpacked(stored["weights"]), strict=True)
    return Head(
        float(stored["bias"]),
        {name: (float(a), float(b), float(c)) for name, (a, b, c) in stored["named"].items()},
        tuple(map(float, stored["quantiles"])),
        Wording(dict(zip(stored["pieces"], both, strict=True))),
        tuple(_unpacked(stored["vector"])),
    )


@dataclass(frozen=True, slots=True)
class Probe:
    """A text and its embedding by the model that the shipped head was fitted with."""

    text: str
    vector: tuple[float, ...]

    def stored(self) -> dict[str, str]:
        """As JSON."""
        return {"text": self.text, "vector": _packed(self.vector)}


@dataclass(frozen=True, slots=True)
class Shipped:
    """The heads that the product comes with; `meaning` is for embeddings that fit the `probes`."""

    words: Head
    meaning: Head
    probes: tuple[Probe, ...]


# Cosine from which two servers' embeddings of a text are of the same model; 4-bit weights have .98.
SAME_MODEL = 0.95


def serves(probes: Sequence[Probe], vectors: Sequence[Sequence[float]]) -> bool:
    """Whether these embeddings of the probes' texts are by the model that the head knows."""
    return all(
        len(probe.vector) == len(vector) and _cosine(probe.vector, vector) >= SAME_MODEL
        for probe, vector in zip(probes, vectors, strict=True)
    )


@cache
def shipped() -> Shipped:
    """Read once a process."""
    stored = json.loads(ARTIFACT.read_text("utf-8"))
    probes = tuple(
        Probe(each["text"], tuple(_unpacked(each["vector"]))) for each in stored["probes"]
    )
    return Shipped(head(stored["words"]), head(stored["meaning"]), probes)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / lengths if lengths else 0.0


def _packed(values: Sequence[float]) -> str:
    return base64.b64encode(array("f", values).tobytes()).decode()


def _unpacked(packed: str) -> list[float]:
    values = array("f")
    values.frombytes(base64.b64decode(packed, validate=True))
    return list(values)
