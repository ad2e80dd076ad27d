"""Whether what was learned and accepted does worse on the site than its proposal promised.

Compared is the share of cheap answers that stood and were not good enough: of the held-back ones,
on which the proposal was measured, and of those since it came into force. By the same labels.
"""

import logging
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F

from billing import number_format
from billing.alerts import raise_alerts
from billing.alerts.models import Alert
from billing.alerts.rules import Finding
from chatsite.quality import labels
from chatsite.quality.labels import FIRM
from chatsite.quality.learning.improvement_proposals import SETTINGS
from chatsite.quality.learning.training_results import BAD
from chatsite.quality.models import Proposal, QualityLabel
from chatsite.quality.reference_chunks import together
from chatsite.tuning.trials.confidence_intervals import between_shares
from routing import policies
from routing.models import AnswerCheck, LearnedModel, Policy, RouteDecision
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)

# Later, customers may ask something else than when it was measured.
LOOKED_FOR = timedelta(days=30)
# Answers on either side below which nothing is said.
FEWEST = 20
# Of an interval that is looked at for 30 nights. With a 95 % interval's 1.96, up to one in ten that
# keep their promise would raise an alert; with this, one in 28 (10 answers a night, simulated).
SURE_Z = 2.4


def look(now: datetime) -> None:
    """Raise an alert for each, once. Safe to repeat."""
    accepted = Proposal.objects.filter(
        state=Proposal.State.ACCEPTED, policy__created_at__gt=now - LOOKED_FOR
    )
    for proposal in accepted.select_related("learned", "policy__replaces"):
        if (found := _finding(proposal)) is not None:
            raise_alerts.tell(found, now)


def before(alert: Alert) -> Policy | None:
    """The version that an alert about a policy offers to return to."""
    _, _, number = alert.window.partition("policy:")
    return Policy.objects.filter(pk=int(number)).first() if number.isdecimal() else None


def _finding(proposal: Proposal) -> Finding | None:
    policy = proposal.policy
    assert policy is not None  # or it would not be accepted
    promised = proposal.learned.evaluation.get("promised")
    if not promised or policy.replaces is None or not _is_in_force(proposal):
        return None
    bad, answers = _since(proposal, policy)
    expected = (int(promised["bad"]), int(promised["answers"]))
    found = between_shares(expected, (bad, answers), SURE_Z)
    logger.info(
        "%s: %d of %d not good enough, %d of %d promised", proposal, bad, answers, *expected
    )
    if found.n < FEWEST or found.low <= 0:
        return None
    return Finding(
        Alert.Rule.POLICY,
        str(policy),
        f"{policy} performs worse than expected: {number_format.share(bad / answers)} of "
        f"{answers} rated or judged cheap answers were not good enough, where "
        f"{number_format.share(expected[0] / expected[1])} was expected. You can return to "
        f"version {policy.replaces.version}.",
        window=f"policy:{policy.replaces.pk}",
    )


def _is_in_force(proposal: Proposal) -> bool:
    model, threshold = SETTINGS[LearnedModel.Kind(proposal.learned.kind)]
    in_force = policies.current()
    return (getattr(in_force, f"{model}_id"), getattr(in_force, threshold)) == (
        proposal.learned_id,
        proposal.threshold,
    )


def _since(proposal: Proposal, policy: Policy) -> tuple[int, int]:
    """Cheap answers that were not good enough, and all of which somebody has said something."""
    kind = LearnedModel.Kind(proposal.learned.kind)
    model, threshold = SETTINGS[kind]
    versions = list(
        Policy.objects.filter(**{model: proposal.learned, threshold: proposal.threshold})
        .order_by()
        .values_list("pk", flat=True)
    )
    left_out = list(labels.not_trusted())
    if kind == LearnedModel.Kind.VERIFIER:
        left_out.append(QualityLabel.Source.VERDICT)
    said: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    rows = QualityLabel.objects.filter(said_at__gte=policy.created_at).exclude(source__in=left_out)
    for number, weight, cheap in rows.values_list("reply", "weight", "cheap"):
        said[f"reply:{number}"].append((weight, cheap))
    firm = {name: each for name, each in said.items() if sum(weight for weight, _ in each) >= FIRM}
    bad = answers = 0
    for some in together(firm):
        for reference in _stood(some, versions, kind):
            trust = sum(weight for weight, _ in firm[reference])
            worth = sum(weight * cheap for weight, cheap in firm[reference]) / trust
            answers += 1
            bad += worth < BAD
    return bad, answers


def _stood(
    references: Collection[str], versions: Collection[int], kind: LearnedModel.Kind
) -> set[str]:
    """Of these replies, those that these versions left to the cheap model, or to its answer."""
    decided = RouteDecision.objects.filter(
        reference__in=references, policy__in=versions, tier=Tier.CHEAP
    )
    found = set(decided.values_list("reference", flat=True))
    if kind == LearnedModel.Kind.ANALYZER:
        return found
    checks = AnswerCheck.objects.of_cheap().filter(reference__in=found, doubt__lt=F("threshold"))
    return set(checks.values_list("reference", flat=True))
