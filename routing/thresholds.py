"""Thresholds for a target: a share of messages, or a quality that is kept with confidence. Pure."""

import math
from collections.abc import Sequence

# z of a one-sided 95 % confidence bound.
ONE_SIDED = 1.645


def for_share(scores: Sequence[float], share: float) -> float:
    """The threshold at which at most `share` (0 to 1) of recent scores would be sent strong.

    Equal scores go together. Raises ValueError without scores.
    """
    ranked = sorted(scores, reverse=True)
    if not ranked:
        raise ValueError("no recent scores")
    most = int(share * len(ranked) + 1e-9)
    sent = ranked[:most] if most >= len(ranked) else [at for at in ranked if at > ranked[most]]
    return sent[-1] if sent else math.nextafter(ranked[0], math.inf)


def for_loss(scores: Sequence[float], losses: Sequence[float], most: float) -> float | None:
    """The highest threshold that surely (95 %) loses less than `most` a message; None: not one.

    `losses`: what the cheap answer lost against the strong one, 0 to 1, per message; a message
    sent strong loses nothing. From all-strong upwards, the first threshold that fails ends the
    search, so trying many does not weaken the confidence.
    """
    ranked = sorted(zip(scores, losses, strict=True))
    lost, found = 0.0, None
    for position, (score, loss) in enumerate(ranked):
        if position == 0 or score > ranked[position - 1][0]:
            if upper_bound(lost, len(ranked)) > most:
                return found
            found = score
        lost += loss
    if ranked and upper_bound(lost, len(ranked)) <= most:
        return math.nextafter(ranked[-1][0], math.inf)
    return found


def upper_bound(lost: float, total: int) -> float:
    """Wilson's upper 95 % bound of a mean of values between 0 and 1, given their sum."""
    mean, extra = lost / total, ONE_SIDED**2 / total
    spread = ONE_SIDED * math.sqrt(mean * (1 - mean) / total + extra / (4 * total))
    return (mean + extra / 2 + spread) / (1 + extra)
