"""Replies whose cheap answer somebody has judged, with their costs.

Where the router was wrong: a cheap answer did not do, or a strong one was not needed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.models import LedgerEntry
from billing.prices.pricing import Rate
from chatsite.quality import labels
from chatsite.quality.models import QualityLabel
from chatsite.quality.reference_chunks import together
from routing.models import RouteDecision
from routing.tier_choice import Tier

Source = QualityLabel.Source

# The newest so many labels of the days in view.
MOST_LABELS = 5_000
# What a customer did, and what a judge said. The answer check's own opinion measures nothing.
SAID = (Source.JUDGED, Source.RATING, Source.RETRY, Source.HANDOFF, Source.FOLLOW_UP)
# A cheap answer below it did not do; from the second on, it did.
BAD, GOOD = 0.5, 0.7
# A cheap answer that falls no further behind the strong one is its match.
MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """One reply, its cheap answer's worth (0 to 1), and the amounts in nano-dollars."""

    reply: int
    conversation: int
    tier: Tier
    score: float  # as compared with the policy's own threshold
    task_type: str
    moved: tuple[tuple[str, float], ...]  # features, with the points by which they moved the score
    cheap: float
    strong: float | None  # null where nobody has seen a strong answer to the same
    is_pinned: bool
    amount: int = 0  # of all its answers
    other: int = 0  # what the other tier would have cost for the same tokens

    @property
    def did_not_do(self) -> bool:
        """The cheap model answered, and its answer was not good enough."""
        return self.tier is Tier.CHEAP and self.cheap < BAD

    @property
    def was_not_needed(self) -> bool:
        """The strong model answered, and the cheap one's answer was as good."""
        return (
            self.tier is Tier.STRONG
            and self.strong is not None
            and self.cheap >= max(GOOD, self.strong - MARGIN)
        )


def since(moment: datetime, rates: Mapping[Tier, Rate], most: int = MOST_LABELS) -> list[Judged]:
    """From the newest labels since then, `most` of them; three queries for 500.

    `rates`: today's, of the models in force.
    """
    said = QualityLabel.objects.filter(said_at__gte=moment, source__in=SAID)
    trusted = said.exclude(source__in=labels.not_trusted())
    of_reply: defaultdict[int, list[QualityLabel]] = defaultdict(list)
    for label in trusted.select_related("reply").order_by("-said_at")[:most]:
        of_reply[label.reply_id].append(label)
    found = []
    for some in together(of_reply):
        decisions = _decisions(some)
        calls = {
            f"reply:{number}:{attempt}": number
            for number in some
            for attempt in range(1, of_reply[number][0].reply.attempt + 1)
        }
        amounts, others = _amounts(calls, decisions, rates)
        for number in some:
            if decision := decisions.get(number):
                found.append(_judged(of_reply[number], decision, amounts[number], others[number]))
    return found


def _decisions(replies: Collection[int]) -> dict[int, RouteDecision]:
    references = {f"reply:{number}": number for number in replies}
    rows = RouteDecision.objects.filter(reference__in=references).select_related("policy")
    return {references[row.reference]: row for row in rows}


def _amounts(
    calls: Mapping[str, int], decisions: Mapping[int, RouteDecision], rates: Mapping[Tier, Rate]
) -> tuple[defaultdict[int, int], defaultdict[int, int]]:
    """By reply: what its answers cost, and those of its own tier at the other tier's price."""
    amounts: defaultdict[int, int] = defaultdict(int)
    others: defaultdict[int, int] = defaultdict(int)
    for some in together(calls):
        for entry in LedgerEntry.objects.filter(reference__in=some):
            number = calls[entry.reference]
            amounts[number] += entry.amount
            decision = decisions.get(number)
            if decision and entry.tier == decision.tier and entry.usage:
                other = Tier.CHEAP if decision.tier == Tier.STRONG else Tier.STRONG
                others[number] += entry.usage.tokens.at(rates[other])
    return amounts, others


def _judged(said: list[QualityLabel], decision: RouteDecision, amount: int, other: int) -> Judged:
    """What several sources say is averaged by how far each is trusted."""
    trust = sum(each.weight for each in said)
    strong = [each.strong for each in said if each.strong is not None]
    return Judged(
        reply=said[0].reply_id,
        conversation=said[0].reply.conversation_id,
        tier=Tier(decision.tier),
        score=round(decision.score - (decision.threshold - decision.policy.threshold), 2),
        task_type=decision.task_type,
        moved=tuple((str(name), float(points)) for name, points in decision.moved),
        cheap=sum(each.weight * each.cheap for each in said) / trust,
        strong=strong[0] if strong else None,
        is_pinned=bool(decision.pinned),
        amount=amount,
        other=other,
    )
