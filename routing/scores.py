"""Scores that a model gave, kept for whoever asks the same under the same criteria."""

import hashlib
import json
from datetime import datetime, timedelta

from routing import difficulty
from routing.choice import Score, Turn
from routing.models import CachedScore, Policy

# Criteria and models change sooner; a score asked for again is one cheap call.
KEPT = timedelta(days=90)


def cached(turn: Turn, policy: Policy) -> Score | None:
    """The score that the policy's model gave these words before; None where it was not asked."""
    value = CachedScore.objects.filter(key=_key(turn, policy)).values_list("score", flat=True)
    known = value.first()
    return None if known is None else _score(known, policy, "before")


def remember(turn: Turn, policy: Policy, value: int) -> Score:
    """Keep a score from 1 to 10 that the policy's model has just given."""
    CachedScore.objects.bulk_create(
        [CachedScore(key=_key(turn, policy), score=value)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["score", "scored_at"],
    )
    return _score(value, policy, "now")


def forget(now: datetime) -> int:
    """Delete scores that are too old to keep, and return how many."""
    return CachedScore.objects.filter(scored_at__lt=now - KEPT).delete()[0]


def _score(value: int, policy: Policy, when: str) -> Score:
    reason = f"{policy.cheap_model} rated it {value} of 10 by the criteria"
    if when == "before":
        reason += ", when it was asked before"
    return Score(float(value), Policy.Analyzer.MODEL.value, (reason,))


def _key(turn: Turn, policy: Policy) -> str:
    """Everything that the score depends on."""
    words = [
        difficulty.normalised(text) for text in (*turn.earlier[-difficulty.BEFORE :], turn.text)
    ]
    basis = json.dumps([policy.cheap_model, policy.criteria, *words])
    return hashlib.sha256(basis.encode()).hexdigest()
