"""What is done as a budget empties, by the percent of it that is spent."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

# Of a budget, in percent.
FULL = 100
# Warning lines of one budget.
MOST_LINES = 5


class Step(IntEnum):
    """The steps, each sparing more than the one before; a later one includes the earlier."""

    FREE = 0
    ECONOMISE = 1  # the routing threshold rises
    CHEAP_ONLY = 2
    APPROVED = 3  # answers that a person has approved go out without a call
    LATER = 4  # no calls: a person, or later


class Curve(StrEnum):
    """How the threshold rises between the step's begin and the budget's end."""

    STEADY = "steady"
    LATE = "late"
    EARLY = "early"


_EXPONENTS = {Curve.STEADY: 1.0, Curve.LATE: 2.0, Curve.EARLY: 0.5}


@dataclass(frozen=True, slots=True)
class Ladder:
    """The percent at which each step begins; None where it is left out."""

    economise_from: int | None = None
    economise_by: float = 0.0  # points by which the threshold has risen at the end
    curve: Curve = Curve.STEADY
    cheap_only_from: int | None = None
    approved_from: int | None = None
    later_from: int | None = None

    @property
    def begins(self) -> dict[Step, int]:
        """The percent of each step that is taken, in order."""
        begins = {
            Step.ECONOMISE: self.economise_from,
            Step.CHEAP_ONLY: self.cheap_only_from,
            Step.APPROVED: self.approved_from,
            Step.LATER: self.later_from,
        }
        return {step: percent for step, percent in begins.items() if percent is not None}

    @property
    def stops_at(self) -> int:
        """The percent from which no model is asked: at the latest when all is spent."""
        return self.later_from or FULL


def percent(spent: int, limit: int) -> float:
    """A limit of 0 counts as spent."""
    return FULL * spent / limit if limit > 0 else float(FULL)


def step(ladder: Ladder, spent: float) -> Step:
    """The furthest step that so many percent have reached."""
    return max((step for step, begin in ladder.begins.items() if spent >= begin), default=Step.FREE)


def rise(ladder: Ladder, spent: float) -> float:
    """Points, to a tenth, by which the threshold is higher at so many percent."""
    begin = ladder.economise_from
    if begin is None or spent < begin:
        return 0.0
    share = min(1.0, (spent - begin) / (FULL - begin)) if begin < FULL else 1.0
    risen: float = ladder.economise_by * share ** _EXPONENTS[ladder.curve]
    return round(risen, 1)


def lines(typed: str) -> list[int]:
    """Warning lines in percent, the lowest first, from "80, 95". Raises ValueError in words."""
    words = typed.replace(",", " ").split()
    if not all(word.isdecimal() and 1 <= int(word) <= FULL for word in words):
        raise ValueError("Enter whole numbers from 1 to 100, such as 80, 95.")
    found = sorted({int(word) for word in words})
    if len(found) > MOST_LINES:
        raise ValueError(f"At most {MOST_LINES} warning lines.")
    return found
