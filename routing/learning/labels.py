"""What is learned from: how good a cheap answer was, and the strong one where it is known. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.analysis.features import Measured
from routing.errors import RoutingError

LEAST_LABELS = 100  # fewer labels say less than the first day does


class TooFewLabels(RoutingError):
    """Not enough labels, or all say the same."""

    def __init__(self, labels: int, needed: int = LEAST_LABELS, *, alike: bool = False) -> None:
        why = "all say the same" if alike else f"at least {needed} are needed"
        super().__init__(f"{labels} labels are not enough to learn from: {why}")
        self.labels, self.needed = labels, needed


@dataclass(frozen=True, slots=True)
class Label:
    """How good the cheap answer was, 0 to 1, and the strong one where it is known.

    `checks` are the answer's, from `verifier.measure`, where it is to teach the verifier. Labels
    of one `group` (a subject, a conversation) are held out together; large ones count for less.
    `weight`, up to 1: how far it is trusted.
    """

    measured: Measured
    cheap: float
    strong: float | None = None
    group: str = ""
    checks: Mapping[str, float] | None = None
    weight: float = 1.0

    @property
    def is_worse(self) -> bool:
        """Whether the strong answer would have been better by more than it would not."""
        return self.gain >= 0.5

    @property
    def gain(self) -> float:
        """What the strong answer would have added; it is taken as right where it is not known."""
        return (1.0 if self.strong is None else self.strong) - self.cheap


def recovered(gains: Sequence[float], scores: Sequence[float]) -> float:
    """Average performance gap recovered (APGR, RouteLLM 2024): 0.5 is a coin, above 1 possible.

    `gains`: the strong model's score minus the cheap one's, per message; the highest `scores`
    are sent first, equal ones share what they gain. 0.5 where there is no gap to recover.
    """
    groups: dict[float, list[float]] = {}
    for score, gain in zip(scores, gains, strict=True):
        groups.setdefault(score, []).append(gain)
    area = so_far = 0.0
    for score in sorted(groups, reverse=True):
        gain = sum(groups[score])
        area += (so_far + gain / 2) * len(groups[score])
        so_far += gain
    return area / (so_far * len(gains)) if so_far > 0 else 0.5
