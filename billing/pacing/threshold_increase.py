"""By how much a budget that paces itself raises the routing threshold so that it lasts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing.pacing.spending_profile import Forecast

# From which a pace is believed: every weekday once, and as many answers.
KNOWN_DAYS, KNOWN_REPLIES = 7, 100
# Shares of the limit: what is aimed at, and from which on to the limit itself the threshold is left
# as it is. Otherwise it would move at every look.
AIM, STAYS_FROM = 0.99, 0.98


class Outcome(StrEnum):
    """The result of a check of a budget."""

    UNKNOWN = "unknown"  # what raising the threshold would do
    LASTS = "lasts"  # at the policy's threshold
    RAISED = "raised"  # and so it lasts
    BOUND = "bound"  # by all that is allowed, and it does not last
    STOPPED = "stopped"  # by a person


@dataclass(frozen=True, slots=True)
class Rise:
    """What a threshold so many points above the policy's does to the days looked at."""

    points: float
    share: float  # of what is spent at the policy's own
    moved: int  # messages that go to the cheap tier


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was recorded of the days that set the pace, and what thresholds make of it."""

    threshold: float  # the policy's
    days: float
    replies: int
    recorded: float  # what the policy's threshold spends, as a share of what was spent
    rises: Sequence[Rise]  # from 0 points up

    @property
    def is_known(self) -> bool:
        return self.days >= KNOWN_DAYS and self.replies >= KNOWN_REPLIES


@dataclass(frozen=True, slots=True)
class Found:
    outcome: Outcome
    points: float
    expected: int  # nano-dollars by the end, with these points

    @property
    def lasts(self) -> bool:
        return self.outcome in {Outcome.LASTS, Outcome.RAISED}


def expected(forecast: Forecast, rise: Rise) -> int:
    """Nano-dollars by the end, of a forecast at the policy's threshold."""
    return forecast.spent + round((forecast.end.expected - forecast.spent) * rise.share)


def lasting(forecast: Forecast, rises: Sequence[Rise]) -> Rise | None:
    """The lowest at which it lasts, with a little to spare; None: none does."""
    aim = AIM * forecast.limit
    return next((rise for rise in rises if expected(forecast, rise) <= aim), None)


def find(forecast: Forecast, traffic: Traffic, most: float, before: float) -> Found:
    """`forecast`: at the policy's threshold. `most` points are allowed, `before` are in force."""
    plain = traffic.rises[0]
    if not traffic.is_known:
        return Found(Outcome.UNKNOWN, 0.0, expected(forecast, plain))
    allowed = [rise for rise in traffic.rises if rise.points <= most]
    last = allowed[-1]
    if expected(forecast, last) > forecast.limit:
        return Found(Outcome.BOUND, last.points, expected(forecast, last))
    chosen = lasting(forecast, allowed) or last
    kept = next((rise for rise in allowed if rise.points == before), plain)
    if chosen.points and STAYS_FROM * forecast.limit < expected(forecast, kept) <= forecast.limit:
        chosen = kept
    outcome = Outcome.RAISED if chosen.points else Outcome.LASTS
    return Found(outcome, chosen.points, expected(forecast, chosen))
