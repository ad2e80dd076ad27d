"""Is a message a wish for a person, by what labelled messages of many languages teach? Pure.

Two heads, fitted by `learning.wish_training`. One reads words. The other compares an embedding of
the message with those of labelled ones; where there is one of the same model, both are heard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from routing.wishes import features
from routing.wishes.features import Reading

ARTIFACT = Path(__file__).parent.parent / "artifacts" / "wishes.npz"
# From these log-odds on a message is a wish, and from less on where the rules agree: of other
# messages that nothing was fitted to, 1 to 2 in 100 reach them.
BY_WORDS, LESS_BY_WORDS = 0.8, 1.5
BY_BOTH = 0.0
# How much words count beside meaning: of 4,040 messages of sources that nothing was fitted to, 72 %
# of the wishes are then found where 2 % of the others are taken for one, and 69 % by meaning alone.
WORDS_SHARE = 0.2
# How large named features stand beside pieces of words, and beside an embedding of length 1.
NAMED_BY_PIECES, NAMED_BY_MEANING = 0.1, 0.15

Floats = Any  # numpy's


@dataclass(frozen=True, slots=True, eq=False)
class Recogniser:
    """`pieces` has of each its rarity and weight. `examples` are labelled messages, as rows.

    A row is the embedding less `centre`, seen by `view`, of length 1, then the named features.
    """

    names: tuple[str, ...]
    named: Floats
    bias: float
    pieces: Mapping[str, tuple[float, float]]
    centre: Floats
    view: Floats
    examples: Floats
    weights: Floats
    bias_by_meaning: float
    width: float

    def is_wish(self, reading: Reading, vector: Sequence[float], *, by_rules: bool) -> bool:
        """`vector` may be empty."""
        values = np.array(features.row(features.named(reading, by_rules=by_rules), self.names))
        words = self.by_words(values, reading)
        if len(vector) != len(self.centre):
            return words >= BY_WORDS - LESS_BY_WORDS * by_rules
        return self.by_meaning(values, vector) + WORDS_SHARE * words >= BY_BOTH

    def by_words(self, values: Floats, reading: Reading) -> float:
        known = [self.pieces[each] for each in features.parts(reading.plain) if each in self.pieces]
        length = sum(rarity**2 for rarity, _ in known) ** 0.5 or 1.0
        told = sum(rarity * weight for rarity, weight in known) / length
        return float(self.bias + NAMED_BY_PIECES * (self.named @ values) + told)

    def by_meaning(self, values: Floats, vector: Sequence[float]) -> float:
        row = as_row(np.asarray(vector)[None], values[None], self.centre, self.view)[0]
        distances = ((self.examples - row) ** 2).sum(axis=1)
        return float(self.weights @ np.exp(-self.width * distances) + self.bias_by_meaning)

    def save(self, path: Path) -> None:
        both = np.array(list(self.pieces.values()), dtype=np.float32)
        np.savez_compressed(
            path,
            names=np.array(self.names),
            named=self.named.astype(np.float32),
            pieces=np.array(list(self.pieces)),
            rarity=both[:, 0],
            told=both[:, 1],
            centre=self.centre.astype(np.float32),
            view=self.view.astype(np.float16),
            examples=self.examples.astype(np.float16),
            weights=self.weights.astype(np.float32),
            numbers=np.array([self.bias, self.bias_by_meaning, self.width]),
        )


def as_row(vectors: Floats, values: Floats, centre: Floats, view: Floats) -> Floats:
    """Rows to compare, of as many embeddings as rows of named features."""
    seen = (vectors - centre) @ view
    lengths = np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-9)
    return np.hstack([seen / lengths, values * NAMED_BY_MEANING])


@cache
def shipped() -> Recogniser:
    """Read once a process."""
    with np.load(ARTIFACT, allow_pickle=False) as stored:
        told = zip(stored["rarity"].tolist(), stored["told"].tolist(), strict=True)
        bias, bias_by_meaning, width = stored["numbers"].tolist()
        return Recogniser(
            tuple(stored["names"].tolist()),
            stored["named"],
            bias,
            dict(zip(stored["pieces"].tolist(), told, strict=True)),
            stored["centre"],
            stored["view"].astype(np.float32),
            stored["examples"].astype(np.float32),
            stored["weights"],
            bias_by_meaning,
            width,
        )
