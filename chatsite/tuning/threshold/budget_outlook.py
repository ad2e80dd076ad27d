"""What thresholds make of the traffic that sets the pace of a budget."""

from datetime import datetime

from billing.pacing import spending_profile
from billing.pacing.spending_profile import PACED_BY, History
from billing.pacing.threshold_increase import Rise, Traffic
from chatsite.tuning.threshold import draft_policy
from chatsite.tuning.threshold.replay import Replay
from routing import policies
from routing.models import HIGHEST_THRESHOLD


def traffic(known: History, now: datetime) -> Traffic:
    """Of the site's last days, whatever budgets did to the threshold then. Five queries.

    Raises NoPrice.
    """
    policy = policies.current()
    since = max(known.since, now - PACED_BY)
    days = max(0.0, (known.until - since) / spending_profile.DAY)
    replayed = draft_policy.counted(policy, now - PACED_BY)
    return rises(replayed, policy.threshold, known.spent(since, known.until), days)


def rises(replayed: Replay, threshold: float, spent: int, days: float) -> Traffic:
    """`spent`: on everything in these days; replies are a part of it.

    What a budget moves to the cheap tier is not escalated from there; what is grave is not moved.
    """
    steps = range(round((HIGHEST_THRESHOLD - threshold) * 10) + 1)
    drawn = [replayed.at(round(threshold + step / 10, 2), policy=threshold) for step in steps]
    plain = drawn[0]
    # What is no reply's costs the same at any threshold.
    amounts = [max(0, spent + each.difference) for each in drawn]
    return Traffic(
        threshold=threshold,
        days=days,
        replies=plain.then.replies,
        recorded=amounts[0] / spent if spent else 1.0,
        rises=tuple(
            Rise(
                points=step / 10,
                share=amount / amounts[0] if amounts[0] else 1.0,
                moved=plain.now.strong - each.now.strong,
            )
            for step, each, amount in zip(steps, drawn, amounts, strict=True)
        ),
    )
