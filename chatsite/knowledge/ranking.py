"""From the words that articles share with a question to their order (BM25). Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A pair of neighbours says the same as its words once more, a little surer.
PAIR_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Hit:
    """An article holds a term, this densely: 0 not at all, 1 as densely as can be."""

    term: str
    article: int
    density: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Articles' ids with their relevance (0..1), best first; `evidence` says how well they cover.

    Evidence is the share (0..1) of the question's words that the listed articles hold, each word
    weighing what it tells: one that no article knows weighs most.
    """

    articles: tuple[tuple[int, float], ...]
    evidence: float


def rank(terms: Sequence[str], hits: Iterable[Hit], total: int, limit: int) -> Ranking:
    """The `limit` best of `total` articles."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for hit in hits:
        found[hit.term][hit.article] = hit.density
    weights = {term: _weight(term, len(found[term]), total) for term in terms}
    scores: dict[int, float] = defaultdict(float)
    for term, densities in found.items():
        for article, density in densities.items():
            scores[article] += weights[term] * density
    # Equal scores in a fixed order, so that the same question finds the same.
    best = sorted(scores, key=lambda article: (-scores[article], article))[:limit]
    most = sum(weights.values())
    words = {term: weight for term, weight in weights.items() if " " not in term}
    told = sum(weight for term, weight in words.items() if found[term].keys() & set(best))
    return Ranking(
        articles=tuple((article, min(scores[article] / most, 1.0)) for article in best),
        evidence=told / sum(words.values()) if best and words else 0.0,
    )


def _weight(term: str, holders: int, total: int) -> float:
    """The rarer a term, the more it tells; above 0 even where all articles hold it."""
    rarity = math.log(1 + (total - holders + 0.5) / (holders + 0.5))
    return rarity * (PAIR_WEIGHT if " " in term else 1)
