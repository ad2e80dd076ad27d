"""Labels as rows of numbers: what the analyzer is fitted to."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from routing.analysis.features import BUCKETS
from routing.learning.labels import Label

# How large an embedding stands beside the words, which are of length one together as it is.
VECTOR_SIZE = 2.0
SEEN = 2  # labels in which a bucket must occur to be given a weight

Matrix = Any  # numpy or scipy, dense or sparse


@dataclass(frozen=True, slots=True)
class Columns:
    """Named features, then hash buckets of words, then an embedding."""

    names: Sequence[str]
    length: int

    @property
    def buckets(self) -> slice:
        return slice(len(self.names), len(self.names) + BUCKETS)

    @property
    def vector(self) -> slice:
        return slice(self.buckets.stop, self.buckets.stop + self.length)

    def rows(
        self, parts: Sequence[tuple[Sequence[float], Mapping[int, float], Sequence[float]]]
    ) -> Matrix:
        starts = np.cumsum([0, *(len(buckets) for _, buckets, _ in parts)])
        places = np.fromiter((at for _, found, _ in parts for at in found), int, starts[-1])
        told = np.fromiter(
            (at for _, found, _ in parts for at in found.values()), float, starts[-1]
        )
        words = sparse.csr_matrix((told, places, starts), shape=(len(parts), BUCKETS))
        named = np.array([named for named, _, _ in parts])
        vectors = np.zeros((len(parts), self.length))
        for row, (_, _, vector) in enumerate(parts):
            if len(vector) == self.length:
                vectors[row] = vector
        return sparse.hstack([named, words, vectors * VECTOR_SIZE]).tocsr()


def vector_length(labels: Sequence[Label]) -> int:
    """Of the embeddings that most labels have; 0 where most have none."""
    lengths = Counter(len(each.measured.vector) for each in labels)
    return lengths.most_common(1)[0][0]


def rarity(labels: Sequence[Label]) -> "array[float]":
    met = Counter(bucket for each in labels for bucket in each.measured.ngrams)
    counts = np.zeros(BUCKETS)
    counts[list(met)] = list(met.values())
    told = np.where(counts >= SEEN, np.log((1 + len(labels)) / (1 + counts)) + 1, 0.0)
    return array("f", told.astype("f").tobytes())


def weights(labels: Sequence[Label]) -> Matrix:
    """What each label counts for: less in a large group."""
    groups = Counter(each.group for each in labels if each.group)
    mean = sum(groups.values()) / max(1, len(groups))
    return np.array(
        [
            each.weight * (groups[each.group] / mean) ** -0.5 if each.group else each.weight
            for each in labels
        ]
    )


def standard(rows: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean and standard deviation of the features that differ between labels."""
    names = list(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    found = zip(names, values.mean(axis=0), values.std(axis=0), strict=True)
    kept = [(name, float(mean), float(spread)) for name, mean, spread in found if spread > 1e-9]
    return {name: mean for name, mean, _ in kept}, {name: spread for name, _, spread in kept}
