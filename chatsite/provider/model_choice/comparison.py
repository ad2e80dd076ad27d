"""Which of the provider's models would do a tier's work, by what this site's own traffic costs.

Of each model that is listed, priced, and not about to end: what the tokens of lately would cost.
Nothing is known here of how well a model answers: the newest generation is taken to be the best
choice for its price, and trials and answer checks tell what it is worth on this site.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing.models import Price
from billing.prices.pricing import Rate
from chatsite.provider import known_models
from chatsite.provider.model_choice import successors
from chatsite.provider.model_choice.successors import NOTICE_BEFORE, TYPICAL, Used
from chatsite.provider.models import ProviderModel
from routing.models import HIGHEST_THRESHOLD, LOWEST_THRESHOLD, Policy, RouteDecision
from routing.tier_choice import Tier

# Tokens below which four articles and a conversation do not fit.
LEAST_OFFERED_CONTEXT = 4000
# A strong model is worth no more than so many times what the cheap one costs, if there is a choice;
# in the price list, neighbours in a generation differ by 10 to 40.
DEAREST = 40
_GENERATION = re.compile(r"gpt-(\d+)(?:\.(\d+))?")
# Decisions that the share of strong answers is taken from.
NEWEST_DECISIONS = 5000
# With fewer, a site's own scores say little of what comes.
FEWEST_DECISIONS = 30
# As the source of the product measured it, before a site has decisions of its own.
USUAL_STRONG_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that could be asked; `costs` in nano-dollars for the tokens of each tier."""

    model: str
    costs: Mapping[Tier, int]
    per_thousand: int  # nano-dollars for 1,000 typical answers
    context: int
    shuts_down_on: date | None
    rate: Rate

    def ends_soon(self, today: date) -> bool:
        return self.shuts_down_on is not None and self.shuts_down_on <= today + NOTICE_BEFORE


@dataclass(frozen=True, slots=True)
class Pair:
    cheap: Offer
    strong: Offer


@dataclass(frozen=True, slots=True)
class Step:
    """What a threshold does: the share of strong answers, and 1,000 answers' cost with two pairs.

    Nano-dollars; None where a model of the pair has no price.
    """

    threshold: float
    strong: float
    now: int | None
    then: int | None


def offers(now: datetime, listed: Collection[str] | None = None) -> list[Offer]:
    """Every listed model that has a price, the cheapest first.

    `listed`: by a list that is just being read; else as the newest one says.
    """
    rates = rates_at(now)
    rows = {row.name: row for row in ProviderModel.objects.filter(name__in=list(rates))}
    if listed is None:
        listed = [name for name, row in rows.items() if row.listed_at and not row.is_gone(now)]
    used = usage(now)
    found = []
    for name in set(listed) & set(rates):
        row, known = rows.get(name), known_models.of(name)
        ends = row.shuts_down_on if row else None
        found.append(
            Offer(
                name,
                {tier: used[tier].cost(rates[name]) for tier in Tier},
                TYPICAL.cost(rates[name]),
                (row and row.context) or (known.context if known else 0),
                ends or (known.shuts_down_on if known and row is None else None),
                rates[name],
            )
        )
    return sorted(found, key=lambda offer: (offer.per_thousand, offer.model))


def usage(now: datetime) -> dict[Tier, Used]:
    """The tokens of each tier's calls of lately; typical ones where there are none."""
    used = successors.used_since(now - successors.LOOKED_BACK)
    return {tier: used.get(tier, TYPICAL) for tier in Tier}


def recommended(found: Sequence[Offer], today: date) -> Pair | None:
    """The pair for today; None where nothing listed has a price.

    Cheap: what costs least in the newest generation. Strong: what costs most there, up to `DEAREST`
    times as much; where nothing there costs more, in the newest generation in which something does.
    """
    fit = [offer for offer in found if not offer.ends_soon(today)] or list(found)
    fit = [offer for offer in fit if not 0 < offer.context < LEAST_OFFERED_CONTEXT] or fit
    if not fit:
        return None
    newest = max(_generation(offer)[0] for offer in fit)
    newest_ones = [offer for offer in fit if _generation(offer)[0] == newest]
    cheap = min(newest_ones, key=lambda offer: offer.per_thousand)
    most = cheap.per_thousand * DEAREST
    dearer = [offer for offer in fit if cheap.per_thousand < offer.per_thousand <= most]
    of = max((_generation(offer)[0] for offer in dearer), default=newest)
    strong = max(
        [offer for offer in dearer if _generation(offer)[0] == of],
        key=lambda offer: (offer.per_thousand, _generation(offer)),
        default=cheap,
    )
    return Pair(cheap, strong)


def successor(pair: Pair, found: Sequence[Offer], tier: Tier, today: date) -> str:
    """Who would stand in for a tier's model: the next in price that does not end soon."""
    own = pair.cheap if tier == Tier.CHEAP else pair.strong
    others = [
        offer
        for offer in found
        if offer.model not in {pair.cheap.model, pair.strong.model} and not offer.ends_soon(today)
    ]
    near = min(
        others,
        key=lambda offer: (
            abs(offer.per_thousand - own.per_thousand),
            [-number for number in _generation(offer)],
        ),
        default=None,
    )
    return near.model if near else ""


def steps(policy: Policy, pair: Pair, now: datetime) -> list[Step]:
    """The effect of the threshold with the pair in force and with another, around the present."""
    shares = _strong_shares(policy)
    rates = rates_at(now)
    before = (rates.get(policy.cheap_model), rates.get(policy.strong_model))
    after = (pair.cheap.rate, pair.strong.rate)
    return [
        Step(threshold, share, _mixed(before, share), _mixed(after, share))
        for threshold, share in shares.items()
    ]


def _mixed(rates: tuple[Rate | None, Rate | None], strong: float) -> int | None:
    """1,000 typical answers."""
    cheap_rate, strong_rate = rates
    if cheap_rate is None or strong_rate is None:
        return None
    return round(TYPICAL.cost(cheap_rate) * (1 - strong) + TYPICAL.cost(strong_rate) * strong)


def _strong_shares(policy: Policy) -> dict[float, float]:
    """By threshold, of the newest decisions' scores."""
    scores = list(
        RouteDecision.objects.order_by("-id").values_list("score", flat=True)[:NEWEST_DECISIONS]
    )
    thresholds = sorted(
        {
            policy.threshold,
            *(
                threshold
                for threshold in (policy.threshold + step for step in (-2, -1, 1, 2))
                if LOWEST_THRESHOLD <= threshold <= HIGHEST_THRESHOLD
            ),
        }
    )
    if len(scores) < FEWEST_DECISIONS:
        return {policy.threshold: USUAL_STRONG_SHARE}
    return {
        threshold: sum(score >= threshold for score in scores) / len(scores)
        for threshold in thresholds
    }


def rates_at(now: datetime) -> dict[str, Rate]:
    """The prices in force, in one query."""
    prices = Price.objects.filter(service_tier="default", effective_from__lte=now)
    return {price.model: price.rate for price in prices.order_by("effective_from")}


def _generation(offer: Offer) -> tuple[int, int]:
    """Of the provider's numbered models; all others are of none."""
    found = _GENERATION.match(offer.model.rpartition("/")[2])
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
