"""Ridge regression in plain Python, on rows of which each has a few of many columns. Pure."""

from collections.abc import Mapping, Sequence
from operator import itemgetter, mul

MOST_STEPS, CLOSE_ENOUGH = 60, 1e-5

Key = int | str  # a column: a feature's name or a hash bucket


class Rows:
    """A sparse matrix with an intercept column, for ridge regression by conjugate gradients."""

    def __init__(self, rows: Sequence[Mapping[Key, float]]) -> None:
        self.keys = list({key: 0 for row in rows for key in row})
        place = {key: position + 1 for position, key in enumerate(self.keys)}
        self.places = [(0, *(place[key] for key in row), 0) for row in rows]
        self.values = [(1.0, *row.values(), 0.0) for row in rows]
        self.picks = [itemgetter(*places) for places in self.places]

    def solve(
        self, targets: Sequence[float], counts: Sequence[float], penalty: float
    ) -> tuple[float, dict[Key, float]]:
        """Intercept and weights of least squares plus `penalty` times the squared weights.

        `counts`: how often each row counts.
        """
        penalties = [1e-6, *[penalty] * len(self.keys)]
        found = [0.0] * len(penalties)
        rest = self._back([count * at for count, at in zip(counts, targets, strict=True)])
        step, size = rest, sum(map(mul, rest, rest))
        enough = size * CLOSE_ENOUGH**2
        for _ in range(MOST_STEPS):
            if size <= enough:
                break
            ahead = zip(counts, self.values, self.picks, strict=True)
            image = self._back([n * sum(map(mul, row, pick(step))) for n, row, pick in ahead])
            image = [a + p * s for a, p, s in zip(image, penalties, step, strict=True)]
            length = size / sum(map(mul, step, image))
            found = [f + length * s for f, s in zip(found, step, strict=True)]
            rest = [r - length * a for r, a in zip(rest, image, strict=True)]
            size, before = sum(map(mul, rest, rest)), size
            step = [r + size / before * s for r, s in zip(rest, step, strict=True)]
        return found[0], dict(zip(self.keys, found[1:], strict=True))

    def _back(self, sides: Sequence[float]) -> list[float]:
        total = [0.0] * (len(self.keys) + 1)
        for places, values, side in zip(self.places, self.values, sides, strict=True):
            for place, value in zip(places, values, strict=True):
                total[place] += side * value
        return total
