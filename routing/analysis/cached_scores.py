"""Scores that a model gave, kept for whoever asks the same under the same criteria.

By the words, the criteria and the model, not by the policy's version: a version that only moves the
threshold changes no score, and would have every one of them paid for again.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from routing.analysis.scoring_prompt import BEFORE
from routing.analysis.wording import normalised
from routing.models import CachedScore, Policy
from routing.tier_choice import Score, Turn

# Criteria and models change sooner; a score asked for again is one cheap call.
SCORES_KEPT_FOR = timedelta(days=90)


def cached(turn: Turn, model: str, criteria: str) -> Score | None:
    """The score that the model gave these words before; None where it was not asked."""
    rows = CachedScore.objects.filter(key=key(turn, model, criteria))
    known = rows.values_list("score", flat=True).first()
    return None if known is None else _score(known, model, "before")


def remember(values: Mapping[str, int], model: str) -> dict[str, Score]:
    """Keep the scores from 1 to 10 that the model has just given, by their `key`."""
    CachedScore.objects.bulk_create(
        [CachedScore(key=key, score=value) for key, value in values.items()],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["score", "scored_at"],
    )
    return {key: _score(value, model, "now") for key, value in values.items()}


def forget(now: datetime) -> int:
    """Delete scores that are too old to keep, and return how many."""
    return CachedScore.objects.filter(scored_at__lt=now - SCORES_KEPT_FOR).delete()[0]


def key(turn: Turn, model: str, criteria: str) -> str:
    """Everything that the score depends on: alike for turns that deserve the same."""
    words = [normalised(text) for text in (*turn.earlier[-BEFORE:], turn.text)]
    basis = json.dumps([model, criteria, *words])
    return hashlib.sha256(basis.encode()).hexdigest()


def _score(value: int, model: str, when: str) -> Score:
    reason = f"{model} rated it {value} of 10 by the criteria"
    if when == "before":
        reason += ", when it was asked before"
    return Score(float(value), Policy.Analyzer.MODEL.value, (reason,))
