"""Groups short texts that ask the same, by the words and parts of words they share. Pure.

Parts of words stand for scripts without spaces, endings and typos. A text joins the group whose
first text it is most like, so the order of the texts decides which words a group is named by.
"""

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

# Characters in a part of a word.
PART = 4
# Cosine from which two texts ask the same: it keeps the pairs of the tests together and apart.
ALIKE = 0.24


def groups(texts: Sequence[str]) -> list[list[int]]:
    """Places of the texts, those that ask the same together; the largest group first."""
    vectors = _vectors(texts)
    members: list[list[int]] = []
    leaders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, vector in enumerate(vectors):
        shared: defaultdict[int, float] = defaultdict(float)
        for part, weight in vector.items():
            for group, other in leaders[part]:
                shared[group] += weight * other
        best = max(shared, key=shared.__getitem__, default=None)
        if best is not None and shared[best] >= ALIKE:
            members[best].append(place)
            continue
        for part, weight in vector.items():
            leaders[part].append((len(members), weight))
        members.append([place])
    return sorted(members, key=len, reverse=True)


def _vectors(texts: Sequence[str]) -> list[Mapping[str, float]]:
    """Each of length 1; parts that many texts have weigh little."""
    counts = [Counter(_parts(text)) for text in texts]
    having = Counter(part for count in counts for part in count)
    vectors: list[Mapping[str, float]] = []
    for count in counts:
        weighed = {
            part: (1 + math.log(number)) * math.log(1 + len(texts) / having[part])
            for part, number in count.items()
        }
        length = math.sqrt(sum(weight**2 for weight in weighed.values())) or 1.0
        vectors.append({part: weight / length for part, weight in weighed.items()})
    return vectors


def _parts(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (each for each in plain if not unicodedata.combining(each))
    words = "".join(each if each.isalnum() else " " for each in letters).split()
    return words + [
        padded[start : start + PART]
        for padded in (f" {word} " for word in words)
        for start in range(max(1, len(padded) - PART + 1))
    ]
