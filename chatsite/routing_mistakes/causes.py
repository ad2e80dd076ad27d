"""What wrong decisions have in common: a task type, or a feature that moved the score.

Pure. A cause is worth a change where more answers went wrong than elsewhere; it is ranked by how
many more, and named only where that is no chance (95 %).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chatsite.routing_mistakes.judged_replies import Judged
from chatsite.tuning.trials.confidence_intervals import Interval, share
from routing.tier_choice import Tier

# Wrong calls without which a cause is not shown: three in a row may be chance.
FEWEST = 4
# Causes shown of each kind.
SHOWN = 10
# Of the wrong calls, the suggested threshold catches so many.
CAUGHT = 0.8


class Kind(StrEnum):
    TASK_TYPE = "task type"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Cause:
    """Answers that share something, of which some were routed wrongly."""

    kind: Kind
    name: str
    wrong: tuple[Judged, ...]
    judged: int  # of this tier, right and wrong
    excess: float  # wrong ones beyond what the others' share would be

    @property
    def share(self) -> Interval:
        return share(len(self.wrong), self.judged)

    @property
    def amount(self) -> int:
        """Nano-dollars that the wrong answers cost."""
        return sum(each.amount for each in self.wrong)

    @property
    def saving(self) -> int:
        """Nano-dollars that the other tier would have cost less; negative: more."""
        return sum(each.amount - each.other for each in self.wrong)

    @property
    def score(self) -> float | None:
        """The threshold that catches most of them; None where scores do not decide."""
        scored = sorted(each.score for each in self.wrong if not each.is_pinned)
        if not scored:
            return None
        if self.wrong[0].tier is Tier.CHEAP:  # strong from this score on
            return scored[int((1 - CAUGHT) * len(scored))]
        return round(scored[min(int(CAUGHT * len(scored)), len(scored) - 1)] + 0.1, 1)

    @property
    def example(self) -> Judged:
        """The most expensive of them."""
        return max(self.wrong, key=lambda each: each.amount)


@dataclass(frozen=True, slots=True)
class WrongCalls:
    """One kind of wrong decision: in total, and by cause with the largest excess first."""

    wrong: tuple[Judged, ...]
    judged: int
    causes: tuple[Cause, ...]

    @property
    def share(self) -> Interval | None:
        return share(len(self.wrong), self.judged) if self.judged else None

    @property
    def amount(self) -> int:
        return sum(each.amount for each in self.wrong)

    @property
    def saving(self) -> int:
        return sum(each.amount - each.other for each in self.wrong)


def too_cheap(replies: Sequence[Judged]) -> WrongCalls:
    """Cheap answers that were not good enough; a feature counts if it lowered the score."""
    cheap = [each for each in replies if each.tier is Tier.CHEAP]
    return _wrong_calls(cheap, lambda each: each.did_not_do, lambda points: points < 0)


def too_dear(replies: Sequence[Judged]) -> WrongCalls:
    """Strong answers that the cheap model would have matched, of those judged beside one."""
    pairs = [each for each in replies if each.tier is Tier.STRONG and each.strong is not None]
    return _wrong_calls(pairs, lambda each: each.was_not_needed, lambda points: points > 0)


def _wrong_calls(
    replies: Sequence[Judged],
    is_wrong: Callable[[Judged], bool],
    misleads: Callable[[float], bool],
) -> WrongCalls:
    wrong = tuple(each for each in replies if is_wrong(each))
    having: defaultdict[tuple[Kind, str], list[Judged]] = defaultdict(list)
    for reply in replies:
        for key in set(_shared(reply, misleads)):
            having[key].append(reply)
    found = []
    for (kind, name), some in having.items():
        bad = tuple(each for each in some if is_wrong(each))
        others = len(replies) - len(some)
        if not others:  # what all share tells nothing
            continue
        usual = (len(wrong) - len(bad)) / others
        excess = len(bad) - usual * len(some)
        if len(bad) >= FEWEST and share(len(bad), len(some)).low > usual:
            found.append(Cause(kind, name, bad, len(some), excess))
    found.sort(key=lambda cause: -cause.excess)
    return WrongCalls(wrong, len(replies), tuple(found[:SHOWN]))


def _shared(reply: Judged, misleads: Callable[[float], bool]) -> Iterable[tuple[Kind, str]]:
    if reply.task_type:
        yield Kind.TASK_TYPE, reply.task_type
    for name, points in reply.moved:
        # A task type's points are the operators' own, and stand under its name.
        if misleads(points) and not name.startswith("task type "):
            yield Kind.FEATURE, name
