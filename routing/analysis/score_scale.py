"""From log-odds to a score of 1 to 10, by how unusual they are: 7 is what 70 % stay below. Pure."""

from bisect import bisect_right
from collections.abc import Sequence

from routing.tier_choice import HIGHEST, LOWEST

# Of messages that stay below 7, the default threshold.
MIDDLE, AT_MIDDLE = 0.7, 7.0
# A site's own messages count for as much as the shipped scale from so many on.
SHIPPED_MESSAGES = 200
# Log-odds from which a message needs the strong model as likely as not, in balanced rows: no site's
# own scale takes it for cheap, however many dangers the site sees.
EVEN = 0.0


def score(log_odds: float, quantiles: Sequence[float]) -> float:
    """1 to 10, by how many messages are less likely to need the strong model. 7: 70 %."""
    steps = len(quantiles) - 1
    at = bisect_right(quantiles, log_odds)
    if at == 0:
        share = 0.0
    elif at > steps:
        share = 1.0
    else:
        low, high = quantiles[at - 1], quantiles[at]
        share = (at - 1 + (log_odds - low) / (high - low)) / steps
    if share < MIDDLE:
        return LOWEST + (AT_MIDDLE - LOWEST) * share / MIDDLE
    return AT_MIDDLE + (HIGHEST - AT_MIDDLE) * (share - MIDDLE) / (1 - MIDDLE)


def own_scale(shipped: Sequence[float], seen: Sequence[float]) -> tuple[float, ...]:
    """The shipped quantiles moved towards those of a site's own log-odds, by how many there are.

    Where most messages are dangerous, more than 30 % reach 7.
    """
    if not seen:
        return tuple(shipped)
    ranked, trust = sorted(seen), len(seen) / (len(seen) + SHIPPED_MESSAGES)
    steps = len(shipped) - 1
    own = [ranked[round(at * (len(ranked) - 1) / steps)] for at in range(steps + 1)]
    moved = [(1 - trust) * a + trust * b for a, b in zip(shipped, own, strict=True)]
    middle = round(MIDDLE * steps)
    highest = max(EVEN, shipped[middle])
    return (*(min(each, highest) for each in moved[: middle + 1]), *moved[middle + 1 :])
