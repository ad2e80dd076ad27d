"""Which share of cheap answers is doubted, and so written again by the strong model."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatsite.tuning.threshold.recent_traffic import Group

# So many checks a point apart have to speak for a slope before half of it is believed.
LEVEL = 50


@dataclass(frozen=True, slots=True)
class DoubtedShare:
    """By the score of the message: a line through the checks that were made."""

    mean: float = 0.0
    middle: float = 0.0  # score
    slope: float = 0.0  # for each point

    @classmethod
    def of(cls, groups: Sequence[Group]) -> "DoubtedShare":
        checked = [(group.alike.score, group.checks) for group in groups if group.checks.made]
        total = sum(checks.made for _, checks in checked)
        if not total:
            return cls()
        mean = sum(checks.doubted for _, checks in checked) / total
        middle = sum(score * checks.made for score, checks in checked) / total
        together = sum(
            (score - middle) * (checks.doubted - mean * checks.made) for score, checks in checked
        )
        spread = sum(checks.made * (score - middle) ** 2 for score, checks in checked)
        return cls(mean, middle, together / (spread + LEVEL))

    def at(self, score: float) -> float:
        return min(1.0, max(0.0, self.mean + self.slope * (score - self.middle)))


NOTHING_KNOWN = DoubtedShare()
