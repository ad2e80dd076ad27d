"""Differences with 95 % confidence intervals. Pure.

Conversations are what is drawn by lot, so they are what is counted: messages of one are alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

# z of a two-sided 95 % interval.
Z = 1.96
# Conversations on either side below which nothing is said: a mean of fewer skewed costs is a lot.
FEW = 30


@dataclass(frozen=True, slots=True)
class Interval:
    """A value, and between what it lies with a confidence of 95 %; `n` conversations stand for it.

    For a difference, `n` are those of the smaller side.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def too_few(self) -> bool:
        return self.n < FEW

    @property
    def shows(self) -> bool:
        """Whether it tells a difference from none."""
        return not self.too_few and not self.low <= 0 <= self.high


def share(hits: float, total: int, z: float = Z) -> Interval:
    """Wilson's interval of a share, which stays within 0 and 1."""
    if not total:
        return Interval(0.0, 0.0, 1.0, 0)
    mean, square = hits / total, z**2
    middle = (mean + square / (2 * total)) / (1 + square / total)
    spread = z * math.sqrt(mean * (1 - mean) / total + square / (4 * total**2))
    spread /= 1 + square / total
    return Interval(mean, max(0.0, middle - spread), min(1.0, middle + spread), total)


def between_shares(ours: tuple[int, int], theirs: tuple[int, int], z: float = Z) -> Interval:
    """Theirs minus ours, each (hits, total); Newcombe's interval, good for small shares too."""
    one, other = share(*ours, z), share(*theirs, z)
    value = other.value - one.value
    down = math.hypot(other.value - other.low, one.high - one.value)
    up = math.hypot(other.high - other.value, one.value - one.low)
    return Interval(value, value - down, value + up, min(one.n, other.n))


def between_means(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Theirs minus ours; Welch's, without assuming that both vary alike."""
    n = min(len(ours), len(theirs))
    if n < 2:
        return Interval(0.0, -math.inf, math.inf, n)
    value = fmean(theirs) - fmean(ours)
    spread = Z * math.sqrt(variance(ours) / len(ours) + variance(theirs) / len(theirs))
    return Interval(value, value - spread, value + spread, n)


def mean(values: Sequence[float]) -> Interval:
    """Of differences within each conversation, for one."""
    n = len(values)
    if n < 2:
        return Interval(0.0, -math.inf, math.inf, n)
    value, spread = fmean(values), Z * math.sqrt(variance(values) / n)
    return Interval(value, value - spread, value + spread, n)


def ratio(parts: Sequence[float], wholes: Sequence[int]) -> Interval:
    """The share of messages, whose conversations (`parts` of `wholes`) are alike within."""
    total = sum(wholes)
    if not total:
        return Interval(0.0, 0.0, 1.0, 0)
    mean_share = sum(parts) / total
    # As if each conversation were one message: never too narrow.
    wilson = share(round(mean_share * len(wholes)), len(wholes))
    return Interval(
        mean_share, min(wilson.low, mean_share), max(wilson.high, mean_share), len(wholes)
    )
