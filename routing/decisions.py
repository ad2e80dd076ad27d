"""One decision for each reply, stored with what it takes to decide again."""

from dataclasses import asdict, replace
from typing import Any

from django.db import connection
from django.utils import timezone

from routing import stored_site_profile
from routing.analysis import difficulty, learned_score
from routing.analysis.difficulty import Signals
from routing.learning import learned_models
from routing.models import HIGHEST_THRESHOLD, Policy, RouteDecision
from routing.tier_choice import (
    HIGHEST,
    Choice,
    NoScore,
    Score,
    Shift,
    Task,
    Turn,
    choose,
    for_task,
    in_force,
)
from routing.trials import Part, same_scorer


def decide(
    reference: str,
    turn: Turn,
    policy: Policy,
    score: Score | NoScore | None = None,
    shift: Shift | None = None,
    part: Part | None = None,
) -> Choice:
    """Choose a tier for the reply and store why, in one query; beside it, what a shadow chooses.

    `score`: what a model said, or why it said nothing; None where none was to be asked. Safe to
    repeat: the newest decision of a reply is the one that counts.
    """
    if isinstance(score, Score):
        seen = difficulty.signals(turn, stored_site_profile.current())
    else:
        score, seen = scored(turn, policy, score, shift)
    least = learned_score.floor(seen)
    shadow = part.shadow if part else None
    beside = _beside(turn, policy, score, shift, least, shadow) if shadow else None
    score = for_task(score, turn.task, least)
    choice = choose(score, policy.threshold, shift, turn.task, least)
    decision = RouteDecision(
        reference=reference,
        policy=policy,
        tier=choice.tier,
        score=choice.score,
        threshold=choice.threshold,
        least=least,
        analyzer=choice.analyzer,
        reason=choice.reason,
        features=asdict(seen),
        searched=turn.searched,
        moved=[[move.name, round(move.points, 1)] for move in score.moved],
        **_recognised(turn.task),
        **_tried(part, beside),
        decided_at=timezone.now(),
    )
    _store(decision)
    return choice


def _recognised(task: Task | None) -> dict[str, Any]:
    """The task type, as a decision keeps it."""
    if task is None:
        return {}
    return {
        "task_type": task.name,
        "similarity": task.similarity,
        "recognised_by": task.why,
        "pinned": task.tier or "",
    }


def _tried(part: Part | None, beside: Choice | None) -> dict[str, Any]:
    """The trial, and what its shadow chose."""
    seen = {"shadow_tier": beside.tier, "shadow_score": beside.score} if beside else {}
    return {"trial_id": part.trial, **seen} if part else {}


def choice(turn: Turn, policy: Policy, score: Score | NoScore | None = None) -> Choice:
    """What the policy alone chooses. Stores nothing; `score` as in `decide`."""
    if isinstance(score, Score):
        seen = difficulty.signals(turn, stored_site_profile.current())
    else:
        score, seen = scored(turn, policy, score)
    least = learned_score.floor(seen)
    return choose(for_task(score, turn.task, least), policy.threshold, None, turn.task, least)


def _beside(
    turn: Turn, policy: Policy, score: Score, shift: Shift | None, least: float, shadow: Policy
) -> Choice:
    """What the shadow would have chosen; what a budget adds to the threshold, it adds there too."""
    if shift:
        added = shift.threshold - policy.threshold
        shift = replace(shift, threshold=min(HIGHEST_THRESHOLD, shadow.threshold + added))
    if not same_scorer(policy, shadow):
        score, _ = scored(turn, shadow, shift=shift)
    return choose(for_task(score, turn.task, least), shadow.threshold, shift, turn.task, least)


def _store(decision: RouteDecision) -> None:
    """Insert it, or replace what was decided before; by hand, as this happens for every reply."""
    fields = [field for field in decision._meta.concrete_fields if not field.primary_key]
    columns = [str(field.column) for field in fields]
    again = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name != "reference")
    sql = f"""
        INSERT INTO routing_routedecision ({", ".join(columns)})
        VALUES ({", ".join(["%s"] * len(columns))})
        ON CONFLICT (reference) DO UPDATE SET {again}
    """  # noqa: S608  of the model's columns
    values = [
        field.get_db_prep_save(getattr(decision, field.attname), connection) for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def detour(reference: str, why: str) -> None:
    """Note why another model was asked than the one that was decided on."""
    RouteDecision.objects.filter(reference=reference).update(detour=why)


def left_out(reference: str, what: str) -> None:
    """Note what did not fit into the model's context."""
    RouteDecision.objects.filter(reference=reference).update(left_out=what)


def wants_a_model(turn: Turn, policy: Policy, shift: Shift | None = None) -> bool:
    """Whether the policy has a model asked about this turn, and its score could change the tier."""
    if policy.analyzer == Policy.Analyzer.COMBINED:
        score, seen = _local(turn, policy)
        return _is_uncertain(score, seen, turn, policy, shift)
    return policy.analyzer == Policy.Analyzer.MODEL and not _is_pinned(turn)


def scored(
    turn: Turn, policy: Policy, silence: NoScore | None = None, shift: Shift | None = None
) -> tuple[Score, Signals]:
    """What is known without a call: by the rules if the policy says so, else as learned.

    `silence`: why the model that was wanted has no say.

    Until an operator accepts what was learned from the site's labels, it is the first day. The
    model fitted to exams does not help: sent customers' messages, it ranks no better than a coin.
    """
    if policy.analyzer == Policy.Analyzer.RULES:
        seen = difficulty.signals(turn, stored_site_profile.current())
        return difficulty.weigh(seen), seen
    score, seen = _local(turn, policy)
    if silence:
        note = f"{silence.why}, so this score is local"
    elif _is_pinned(turn):
        return score, seen
    elif policy.analyzer == Policy.Analyzer.COMBINED and not _is_uncertain(
        score, seen, turn, policy, shift
    ):
        near = _uncertain_at(seen, policy, shift)
        note = f"not within {policy.band:g} of {near:g}, so no model was asked"
    else:
        return score, seen
    return replace(score, reasons=(note, *score.reasons)), seen


def _local(turn: Turn, policy: Policy) -> tuple[Score, Signals]:
    """Of several unanswered messages the gravest decides: the others would hide it."""
    model, site = learned_models.analyzer(policy.learned_analyzer_id), stored_site_profile.current()
    alone = (replace(turn, text=text, vector=()) for text in turn.open)
    found = [learned_score.score(each, model, site) for each in (turn, *alone)]
    return max(found, key=lambda each: each[0].value)


def _is_uncertain(
    score: Score, seen: Signals, turn: Turn, policy: Policy, shift: Shift | None
) -> bool:
    """Whether it lies so near the threshold that a model's opinion may change the tier."""
    if _is_pinned(turn):
        return False
    value = for_task(score, turn.task, learned_score.floor(seen)).value
    # Scores and thresholds have one decimal; their difference as floats does not.
    return round(abs(value - _uncertain_at(seen, policy, shift)), 6) <= policy.band


def _uncertain_at(seen: Signals, policy: Policy, shift: Shift | None) -> float:
    """The threshold in force; the policy's where a shift has put it beyond all scores."""
    threshold = in_force(policy.threshold, shift, learned_score.floor(seen))
    return threshold if threshold <= HIGHEST else policy.threshold


def _is_pinned(turn: Turn) -> bool:
    """Whether the task type alone says which tier; but for the stakes, which are local too."""
    return turn.task is not None and turn.task.tier is not None
