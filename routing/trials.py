"""Trials: a second version of the policy in shadow, or on a share of conversations (A/B)."""

import hashlib
import logging
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from routing import policies
from routing.errors import CannotBeShadow, NoPolicy, NotRunning, TrialRuns
from routing.models import Policy, Trial
from routing.policies import Author

logger = logging.getLogger(__name__)

# In one query, as this happens for every reply; the versions themselves are read once a process.
IN_FORCE = """
SELECT p.id, p.created_at, t.id, t.kind, t.share, c.id, c.created_at
FROM routing_policy p
LEFT JOIN routing_trial t ON t.state = 'running'
LEFT JOIN routing_policy c ON c.id = t.policy_id
WHERE p.is_current
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A conversation's part in the trial that runs."""

    trial: int
    shadow: Policy | None  # decides beside, without effect; None in an A/B test


def deciding(conversation: str) -> tuple[Policy, Part | None]:
    """The version that decides for this conversation, and its part in a trial. Raises NoPolicy."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE)
        found = cursor.fetchone()
    if found is None:
        raise NoPolicy
    *in_force, trial, kind, share, tried, tried_at = found
    policy = policies.read(*in_force)
    if trial is None:
        return policy, None
    other = policies.read(tried, tried_at)
    if kind == Trial.Kind.SHADOW:
        return policy, Part(trial, other)
    return (other if is_chosen(trial, share, conversation) else policy), Part(trial, None)


def is_chosen(trial: int, share: int, conversation: str) -> bool:
    """Whether it is among so many percent: the same all through a trial, drawn anew in the next."""
    digest = hashlib.sha256(f"{trial}/{conversation}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < share


def start(
    kind: Trial.Kind,
    share: int,
    draft: Policy,
    author: Author,
    reason: str,
    begun_from: int | None = None,
) -> Trial:
    """Store the draft as a version that is not in force, and try it.

    Raises TrialRuns, CannotBeShadow, and NothingChanged and Overtaken as `policies.propose` does.
    """
    with transaction.atomic():
        control = policies.locked(begun_from)
        if control is None:
            raise NoPolicy
        if running := Trial.objects.running().first():
            raise TrialRuns(running.pk)
        if kind == Trial.Kind.SHADOW and not _scores_without_calls(draft, control):
            raise CannotBeShadow
        policy = policies.propose(draft, author, reason)
        trial = Trial.objects.create(
            kind=kind,
            share=100 if kind == Trial.Kind.SHADOW else share,
            policy=policy,
            control=control,
            reason=reason,
            started_by_id=author.pk if author else None,
        )
    logger.info("%s of %s began: %s", trial, policy, kind)
    return trial


def stop(trial: Trial, author: Author) -> None:
    """Raises NotRunning."""
    _end(trial, Trial.State.STOPPED, author)
    logger.info("%s stopped", trial)


def adopt(trial: Trial, author: Author) -> Policy:
    """End the trial and put its version's settings in force. Raises NotRunning."""
    with transaction.atomic():
        policies.locked()
        _end(trial, Trial.State.ADOPTED, author)
        reason = f"{trial} of version {trial.policy.version}: {trial.reason}"
        return policies.adopt(trial.policy.draft(), author, reason[:300])


def same_scorer(one: Policy, other: Policy) -> bool:
    """Whether both give a message the same score."""
    names = ("analyzer", "criteria", "cheap_model", "learned_analyzer_id")
    same = all(getattr(one, name) == getattr(other, name) for name in names)
    if one.analyzer != Policy.Analyzer.COMBINED:
        return same
    # Where the model is asked depends on the threshold.
    return same and (one.band, one.threshold) == (other.band, other.threshold)


def _scores_without_calls(draft: Policy, control: Policy) -> bool:
    local = {Policy.Analyzer.RULES, Policy.Analyzer.LEARNED}
    return draft.analyzer in local or same_scorer(draft, control)


def _end(trial: Trial, state: Trial.State, author: Author) -> None:
    ended = Trial.objects.running().filter(pk=trial.pk)
    by = author.pk if author else None
    if not ended.update(state=state, ended_at=timezone.now(), ended_by=by):
        raise NotRunning(trial.pk)
