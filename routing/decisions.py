"""One decision for each reply, stored with what it takes to decide again."""

from dataclasses import asdict, replace

from django.utils import timezone

from routing import difficulty, learned
from routing.choice import Choice, Score, Turn, choose
from routing.difficulty import Signals
from routing.models import Policy, RouteDecision

_WHEN_DECIDED_AGAIN = [
    "policy",
    "tier",
    "score",
    "threshold",
    "analyzer",
    "reason",
    "features",
    "decided_at",
]


def decide(reference: str, turn: Turn, policy: Policy, score: Score | None = None) -> Choice:
    """Choose a tier for the reply and store why, in one query. `scored` here where no score came.

    Safe to repeat: the newest decision of a reply is the one that counts.
    """
    if score is None:
        score, seen = scored(turn, policy)
    else:
        seen = difficulty.signals(turn)
    choice = choose(score, policy.threshold)
    decision = RouteDecision(
        reference=reference,
        policy=policy,
        tier=choice.tier,
        score=choice.score,
        threshold=choice.threshold,
        analyzer=choice.analyzer,
        reason=choice.reason,
        features=asdict(seen),
        decided_at=timezone.now(),
    )
    RouteDecision.objects.bulk_create(
        [decision],
        update_conflicts=True,
        unique_fields=["reference"],
        update_fields=_WHEN_DECIDED_AGAIN,
    )
    return choice


def scored(turn: Turn, policy: Policy) -> tuple[Score, Signals]:
    """What the policy's analyzer says without a call; the rules stand in for the model.

    No labels of a site are collected yet, so the learned analyzer has no model of it: its first
    day. The model fitted to exams is not one: sent customers' messages, it ranks no better than a
    coin.
    """
    if policy.analyzer == Policy.Analyzer.LEARNED:
        return learned.score(turn)
    seen = difficulty.signals(turn)
    score = difficulty.weigh(seen)
    if policy.analyzer == Policy.Analyzer.MODEL:
        reasons = ("the model gave no score, so the rules did", *score.reasons)
        score = replace(score, reasons=reasons)
    return score, seen
