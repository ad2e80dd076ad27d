"""A night's learning: labels are collected, and what they teach is proposed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chatsite.quality import answer_outcomes, labels
from chatsite.quality.learning import improvement_proposals, training
from chatsite.quality.models import Proposal
from routing import policies
from routing.learning.labels import TooFewLabels
from routing.models import LearnedModel

_LEARNERS = {
    LearnedModel.Kind.ANALYZER: training.analyzer,
    LearnedModel.Kind.VERIFIER: training.checker,
}


def learn(now: datetime, back: timedelta) -> Iterator[str]:
    """Collect since `back` ago, then fit and propose; says in words what came of each step."""
    yield f"{answer_outcomes.collect(now - back)} labels of what happened in {back.days} days."
    for kind, learner in _LEARNERS.items():
        policy = policies.current()
        if not _is_news(kind):
            yield f"{kind.capitalize()}: nothing new since the last proposal."
            continue
        try:
            learned = learner(policy, now)
        except TooFewLabels as error:
            yield f"{kind.capitalize()}: the model in use stays; {error}."
            continue
        proposal = improvement_proposals.make(learned, policy, now)
        yield f"{kind.capitalize()}: {proposal} {proposal.get_state_display()}."


def _is_news(kind: LearnedModel.Kind) -> bool:
    """Whether the labels say anything else than when the newest of this kind was proposed."""
    newest = Proposal.objects.filter(learned__kind=kind).select_related("learned").first()
    return newest is None or newest.learned.evaluation["labels"] != labels.totals()
