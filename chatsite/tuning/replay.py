"""What recent traffic would have cost, and where it would have gone, under another policy."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from billing.prices.pricing import Rate
from chatsite.tuning.recent_traffic import Group
from routing.choice import Tier
from routing.models import Policy

# Thresholds that the curve is drawn and the targets are looked for at.
THRESHOLDS = tuple(tenth / 10 for tenth in range(10, 111))


@dataclass(frozen=True, slots=True)
class Models:
    """Who answers on either tier."""

    cheap: str
    strong: str

    @classmethod
    def by(cls, policy: Policy) -> "Models":
        return cls(policy.cheap_model, policy.strong_model)

    def of(self, tier: Tier) -> str:
        return self.strong if tier is Tier.STRONG else self.cheap


@dataclass(frozen=True, slots=True)
class Priced:
    """A group of replies, with what it cost and what it would cost on either tier, in nano-dollars.

    `score` is what the policy's own threshold is compared with.
    """

    replies: int
    score: float
    tier: Tier
    fixed: bool
    then: int
    cheap: int
    strong: int

    def tier_at(self, threshold: float) -> Tier:
        if self.fixed:
            return self.tier
        return Tier.STRONG if self.score >= threshold else Tier.CHEAP

    def cost_at(self, threshold: float) -> int:
        return self.strong if self.tier_at(threshold) is Tier.STRONG else self.cheap


@dataclass(frozen=True, slots=True)
class Total:
    """Of all replies in view."""

    replies: int
    strong: int  # replies of the strong tier
    cost: int  # nano-dollars

    @property
    def share(self) -> float:
        """Of the strong tier, 0 to 1."""
        return self.strong / self.replies if self.replies else 0.0

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

    def at(self, threshold: float) -> Effect:
        replies = strong = cost = to_strong = to_cheap = 0
        for each in self.priced:
            tier = each.tier_at(threshold)
            replies += each.replies
            cost += each.cost_at(threshold)
            if tier is Tier.STRONG:
                strong += each.replies
                to_strong += each.replies if each.tier is Tier.CHEAP else 0
            else:
                to_cheap += each.replies if each.tier is Tier.STRONG else 0
        now = Total(replies, strong, cost)
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
    found = tuple(priced(group, decided_by[group.alike.policy], draft, rates) for group in groups)
    strong = [each for each in found if each.tier is Tier.STRONG]
    then = Total(
        replies=sum(each.replies for each in found),
        strong=sum(each.replies for each in strong),
        cost=sum(each.then for each in found),
    )
    return Replay(found, then, sum(each.strong for each in found))


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


def priced(group: Group, then: Models, draft: Models, rates: Mapping[str, Rate]) -> Priced:
    """`then`: of the policy that decided. Raises KeyError for a missing rate."""
    alike = group.alike
    return Priced(
        replies=group.replies,
        score=alike.score,
        tier=alike.tier,
        fixed=alike.fixed,
        then=group.charged.amount,
        cheap=_cost(group, Tier.CHEAP, then, draft, rates),
        strong=_cost(group, Tier.STRONG, then, draft, rates),
    )


def _cost(group: Group, tier: Tier, then: Models, draft: Models, rates: Mapping[str, Rate]) -> int:
    """What stays with its model keeps what the ledger says; all else is priced anew."""
    charged, model = group.charged, draft.of(tier)
    if tier is group.alike.tier and model == then.of(tier):
        return charged.amount
    anew = charged.tokens.at(rates[model]) + charged.unpriced
    # Of the strong tier's answers none is doubted and written again.
    return anew if tier is Tier.STRONG else anew + charged.other
