"""What recent traffic would have cost, and where it would have gone, under another policy."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from billing.prices.pricing import Rate
from chatsite.tuning.threshold.doubted_answers_share import NOTHING_KNOWN, DoubtedShare
from chatsite.tuning.threshold.recent_traffic import Group
from routing.models import Policy
from routing.tier_choice import LOWEST, Tier, is_grave

# Thresholds that the curve is drawn and the targets are looked for at.
THRESHOLDS = tuple(tenth / 10 for tenth in range(10, 111))


@dataclass(frozen=True, slots=True)
class Models:
    """Who answers on either tier."""

    cheap: str
    strong: str
    doubt_threshold: float = 1.0  # from which a cheap answer is escalated; 1: none is

    @classmethod
    def by(cls, policy: Policy) -> "Models":
        return cls(policy.cheap_model, policy.strong_model, policy.doubt_threshold)

    def of(self, tier: Tier) -> str:
        return self.strong if tier is Tier.STRONG else self.cheap


@dataclass(frozen=True, slots=True)
class Priced:
    """A group of replies, with what it cost and what it would cost on either tier, in nano-dollars.

    `score` is what the policy's own threshold is compared with. `cheap` includes the strong answers
    that replace doubted cheap ones, of which there are `escalated` and which cost `escalations`.
    """

    replies: int
    score: float
    tier: Tier
    fixed: bool
    then: int
    cheap: int
    strong: int
    escalated: float = 0.0
    escalations: int = 0
    escalated_then: int = 0
    least: float = LOWEST

    def tier_at(self, threshold: float, policy: float) -> Tier:
        """`policy`: the policy's own threshold, where a budget has raised it to `threshold`."""
        if self.fixed:
            return self.tier
        is_strong = self.score >= threshold or is_grave(self.least, policy)
        return Tier.STRONG if is_strong else Tier.CHEAP


@dataclass(frozen=True, slots=True)
class Total:
    """Of all replies in view."""

    replies: int
    strong: int  # replies sent to the strong tier by their score
    cost: int  # nano-dollars
    escalated: float = 0.0  # replies that it wrote because the cheap answer was doubted

    @property
    def share(self) -> float:
        """Of the strong tier, 0 to 1."""
        return self.strong / self.replies if self.replies else 0.0

    @property
    def written_share(self) -> float:
        """Of replies that the strong model wrote, whatever the reason, 0 to 1."""
        return (self.strong + self.escalated) / self.replies if self.replies else 0.0

    @property
    def each(self) -> int:
        """Nano-dollars for one reply."""
        return self.cost // self.replies if self.replies else 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What a threshold does to the same replies."""

    threshold: float
    then: Total
    now: Total
    to_strong: int
    to_cheap: int
    strong_only: int  # nano-dollars, had the strong tier answered everything

    @property
    def moved(self) -> int:
        return self.to_strong + self.to_cheap

    @property
    def difference(self) -> int:
        """Nano-dollars that it costs more; negative where it costs less."""
        return self.now.cost - self.then.cost

    @property
    def saved(self) -> float:
        """Against the strong tier alone, 0 to 1; negative where it costs more."""
        return self._saved(self.now)

    @property
    def saved_then(self) -> float:
        return self._saved(self.then)

    def _saved(self, total: Total) -> float:
        return 1 - total.cost / self.strong_only if self.strong_only else 0.0


@dataclass(frozen=True, slots=True)
class Replay:
    """Traffic that can be asked what any threshold does to it."""

    priced: tuple[Priced, ...]
    then: Total
    strong_only: int  # nano-dollars
    doubted: DoubtedShare = NOTHING_KNOWN

    def at(self, threshold: float, policy: float | None = None) -> Effect:
        """`policy`: the policy's own threshold, where a budget has raised it to `threshold`.

        What the budget then moves to the cheap tier is not escalated from there.
        """
        spared_from = math.inf if policy is None else policy
        own = threshold if policy is None else policy
        replies = strong = cost = to_strong = to_cheap = 0
        escalated = 0.0
        for each in self.priced:
            replies += each.replies
            if each.tier_at(threshold, own) is Tier.STRONG:
                cost += each.strong
                strong += each.replies
                to_strong += each.replies if each.tier is Tier.CHEAP else 0
                continue
            to_cheap += each.replies if each.tier is Tier.STRONG else 0
            cost += each.cheap
            if each.score >= spared_from and not each.fixed:
                cost -= each.escalations
            else:
                escalated += each.escalated
        now = Total(replies, strong, cost, escalated)
        return Effect(threshold, self.then, now, to_strong, to_cheap, self.strong_only)

    def curve(self) -> list[Effect]:
        """The effect of every threshold from 1 to 11 in steps of 0.1."""
        return [self.at(threshold) for threshold in THRESHOLDS]


def of(
    groups: Iterable[Group],
    decided_by: Mapping[int, Models],
    draft: Models,
    rates: Mapping[str, Rate],
) -> Replay:
    """The groups under the draft's models, at these rates. Raises KeyError for a missing rate."""
    groups = tuple(groups)
    doubted = DoubtedShare.of(groups)
    found = tuple(
        priced(group, decided_by[group.alike.policy], draft, rates, doubted) for group in groups
    )
    strong = [each for each in found if each.tier is Tier.STRONG]
    then = Total(
        replies=sum(each.replies for each in found),
        strong=sum(each.replies for each in strong),
        cost=sum(each.then for each in found),
        escalated=sum(each.escalated_then for each in found),
    )
    return Replay(found, then, sum(each.strong for each in found), doubted)


def for_saving(drawn: Sequence[Effect], wanted: float) -> Effect | None:
    """The lowest threshold that saves so much (0 to 1) against the strong tier alone; None: none.

    The lowest, because it leaves the most messages with the better model.
    """
    return next((each for each in drawn if each.saved >= wanted), None)


def for_share(drawn: Sequence[Effect], most: float) -> Effect | None:
    """The lowest threshold that sends at most this share (0 to 1) to the strong tier; None: none.

    A quantile of the scores, but for what no threshold moves.
    """
    return next((each for each in drawn if each.now.share <= most), None)


def priced(
    group: Group,
    then: Models,
    draft: Models,
    rates: Mapping[str, Rate],
    doubted: DoubtedShare,
) -> Priced:
    """`then`: of the policy that decided. Raises KeyError for a missing rate."""
    alike, charged = group.alike, group.charged
    strong = _cost(group, Tier.STRONG, then, draft, rates)
    cheap = _cost(group, Tier.CHEAP, then, draft, rates)
    stays = alike.tier is Tier.CHEAP and then.doubt_threshold == draft.doubt_threshold
    if stays:
        escalated, escalations = float(charged.escalated), charged.other
    elif draft.doubt_threshold >= 1:
        escalated, escalations = 0.0, 0
    else:
        share = doubted.at(alike.score)
        escalated, escalations = share * group.replies, round(share * strong)
    return Priced(
        replies=group.replies,
        score=alike.score,
        tier=alike.tier,
        fixed=alike.fixed,
        then=charged.amount,
        cheap=cheap + escalations,
        strong=strong,
        escalated=escalated,
        escalations=escalations,
        escalated_then=charged.escalated,
        least=alike.least,
    )


def _cost(group: Group, tier: Tier, then: Models, draft: Models, rates: Mapping[str, Rate]) -> int:
    """Of the tier's own calls. What stays with its model keeps what the ledger says; all else is
    priced anew."""
    charged, model = group.charged, draft.of(tier)
    if tier is group.alike.tier and model == then.of(tier):
        return charged.amount - (charged.other if tier is Tier.CHEAP else 0)
    return charged.tokens.at(rates[model]) + charged.unpriced
