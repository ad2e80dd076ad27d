"""What was learned becomes a proposal, and by an operator's word a version of the policy."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chatsite.quality import labels
from chatsite.quality.errors import Decided, Stale
from chatsite.quality.learning.training_results import Learned
from chatsite.quality.models import Proposal
from routing import policies
from routing.models import LearnedModel, Policy
from routing.policies import Author

logger = logging.getLogger(__name__)

PROPOSALS_KEPT_FOR = timedelta(days=60)

State = Proposal.State
Kind = LearnedModel.Kind

# What a proposal changes, and what must not have changed since it was measured.
SETTINGS = {
    Kind.ANALYZER: ("learned_analyzer", "threshold"),
    Kind.VERIFIER: ("learned_verifier", "doubt_threshold"),
}


def make(learned: Learned, against: Policy, now: datetime) -> Proposal:
    """Keep what was learned. It waits for an operator if it is better than what is in force."""
    with transaction.atomic():
        _forget(now)
        waiting = Proposal.objects.filter(state=State.OPEN, learned__kind=learned.kind)
        waiting.update(state=State.SUPERSEDED, decided_at=now)
        model = LearnedModel.objects.create(
            kind=learned.kind,
            text=learned.text,
            labels=learned.labels,
            evaluation={
                "labels": labels.totals(),
                "held_back": learned.held_back,
                "compared": learned.compared,
                "since": learned.since.isoformat(),
                "proposed": asdict(learned.proposed),
                "in_force": asdict(learned.in_force),
                "share": learned.share,
                "recent": learned.recent,
                "promised": asdict(learned.promised) if learned.promised else None,
            },
            fitted_at=now,
        )
        proposal = Proposal.objects.create(
            learned=model,
            against=against,
            how=learned.how,
            threshold=learned.threshold,
            state=State.OPEN if learned.is_better else State.NO_BETTER,
            made_at=now,
        )
    logger.info("%s: %s", proposal, proposal.get_state_display())
    return proposal


def _forget(now: datetime) -> None:
    """What nobody accepted goes after a while, with its model of some 200 KB."""
    old = Proposal.objects.exclude(state__in=[State.OPEN, State.ACCEPTED])
    models = old.filter(made_at__lt=now - PROPOSALS_KEPT_FOR).values_list("learned", flat=True)
    LearnedModel.objects.filter(pk__in=list(models)).delete()


def accept(proposal_id: int, author: Author) -> Policy:
    """Put what was learned in force, with its threshold, as the next version of the policy.

    Raises Decided, Stale, Proposal.DoesNotExist.
    """
    with transaction.atomic():
        in_force = policies.locked()
        proposal = _open(proposal_id)
        if in_force is None or is_stale(proposal, in_force):
            raise Stale(f"{in_force} has changed what {proposal} was measured beside")
        model, threshold = SETTINGS[Kind(proposal.learned.kind)]
        draft = in_force.draft()
        setattr(draft, model, proposal.learned)
        setattr(draft, threshold, proposal.threshold)
        policy = policies.adopt(draft, author, f"Accepted what was learned: {proposal.learned}")
        _decide(proposal, State.ACCEPTED, author, policy)
    return policy


def is_stale(proposal: Proposal, in_force: Policy) -> bool:
    """Whether its figures and threshold are about something that is no longer in force."""
    names = SETTINGS[Kind(proposal.learned.kind)]
    return any(getattr(in_force, name) != getattr(proposal.against, name) for name in names)


def reject(proposal_id: int, author: Author) -> Proposal:
    """Leave what is in force. Raises Decided, Proposal.DoesNotExist."""
    with transaction.atomic():
        proposal = _open(proposal_id)
        _decide(proposal, State.REJECTED, author)
    return proposal


def _open(proposal_id: int) -> Proposal:
    """Locked until the caller's transaction ends. Raises Decided, Proposal.DoesNotExist."""
    Proposal.objects.select_for_update().get(pk=proposal_id)
    proposal = Proposal.objects.select_related("learned", "against", "decided_by").get(
        pk=proposal_id
    )
    if proposal.state != State.OPEN:
        who = f" by {proposal.decided_by}" if proposal.decided_by else ""
        raise Decided(f"{proposal} is {proposal.get_state_display()}{who}")
    return proposal


def _decide(
    proposal: Proposal, state: Proposal.State, author: Author, policy: Policy | None = None
) -> None:
    proposal.state, proposal.policy = state, policy
    proposal.decided_by_id = author.pk if author else None
    proposal.decided_at = timezone.now()
    proposal.save(update_fields=["state", "policy", "decided_by", "decided_at"])
    logger.info("%s %s by user %s", proposal, state, proposal.decided_by_id)
