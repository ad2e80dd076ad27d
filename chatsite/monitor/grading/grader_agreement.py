"""How far two graders agree beyond chance: Cohen's kappa with a 95 % interval. Pure.

Source: J. Cohen, "A coefficient of agreement for nominal scales" (1960). The interval is Wilson's
of the share that agrees. Cohen's standard error held the truth in 89 % of samples of 20 answers and
in 94 % of 60; this does in 95 to 96 % (`python -m tests.accuracy.known_truth` draws 60).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chatsite.tuning.trials.confidence_intervals import share

# Pairs of grades below which no kappa is shown: its interval would span most of what is possible.
LEAST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kappa, -1 to 1 (0 is chance, 1 is full agreement), between what it lies, and of how many."""

    kappa: float
    low: float
    high: float
    pairs: int

    @property
    def is_known(self) -> bool:
        return self.pairs >= LEAST_PAIRS


def kappa(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Of grades that two gave the same answers."""
    number = len(pairs)
    if not number:
        return Agreement(0.0, -1.0, 1.0, 0)
    first, second = (Counter(side) for side in zip(*pairs, strict=True))
    seen = share(sum(one == other for one, other in pairs), number)
    expected = sum(first[each] * second[each] for each in first) / number**2
    if expected == 1:  # both gave one grade throughout: agreement, of which chance says nothing
        return Agreement(1.0, -1.0, 1.0, number)
    value, low, high = (
        (each - expected) / (1 - expected) for each in (seen.value, seen.low, seen.high)
    )
    return Agreement(value, low, high, number)
