"""Which hazards a message is like by meaning: near an example, in any words or language. Pure.

Models differ in how near to each other unrelated texts are. So nearness is told against harmless
messages of many trades, embedded by the same model: in spreads above what is usual for an example.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.tier_choice import Like

Floats = npt.NDArray[np.float32]

MESSAGES = Path(__file__).parent.parent / "data" / "customer_messages.jsonl"
# Spreads. By eight examples with paraphrases in six languages: 98 % of them are found, and 1.8 % of
# harmless messages are near one of the eight; 0.7 % are followed, as they have to score as well.
LIMIT = 3.5
# Of short harmless messages each so manieth is compared: some 140, no worse than all.
EACH, SHORT = 8, 160


@cache
def harmless() -> tuple[str, ...]:
    """What every example is compared with."""
    rows = map(json.loads, MESSAGES.read_text("utf-8").splitlines())
    short = (
        row["message"]
        for row in rows
        if not row["strong_needed"] and not row.get("turns") and len(row["message"]) < SHORT
    )
    return tuple(dict.fromkeys(tuple(short)[::EACH]))


class Examples:
    """A site's examples with their embeddings; made once, asked for each message."""

    def __init__(
        self, known: Iterable[Like], vectors: Sequence[Floats], harmless: Sequence[Floats]
    ) -> None:
        self._known = tuple(known)
        far = np.stack(harmless)
        self._middle = far.mean(axis=0)
        self._rows = self._centred(np.stack(vectors))
        usual = self._rows @ self._centred(far).T
        self._mean, self._spread = usual.mean(axis=1), np.maximum(usual.std(axis=1), 1e-6)

    def like(self, vector: Floats) -> tuple[Like, ...]:
        """The example of each hazard that is nearest, the nearest first; () for another model's."""
        if vector.shape != self._middle.shape:
            return ()
        above = (self._rows @ self._centred(vector) - self._mean) / self._spread
        found: dict[str, Like] = {}
        for at in np.argsort(-above, kind="stable").tolist():
            if above[at] < LIMIT:
                break
            found.setdefault(self._known[at].hazard, self._known[at])
        return tuple(found.values())

    def _centred(self, vectors: Floats) -> Floats:
        moved = vectors - self._middle
        length = np.linalg.norm(moved, axis=-1, keepdims=True)
        centred: Floats = moved / np.maximum(length, 1e-9)
        return centred
