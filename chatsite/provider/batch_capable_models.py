"""Which model does offline work: one that the provider lists and sells in batches, by name."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from billing.models import Price
from chatsite.provider.errors import NotSold
from chatsite.provider.model_choice import comparison
from chatsite.provider.models import ProviderModel, Reading
from routing import policies
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sold:
    """`why`: a sentence where it is another model than the first that was wanted."""

    model: str
    why: str = ""


def of_tier(tier: Tier, now: datetime) -> Sold:
    """For work of a tier: its model, its successor, or the nearest to today's recommendation.

    Raises NotSold.
    """
    policy = policies.current()
    names = {
        Tier.CHEAP: (policy.cheap_model, policy.cheap_successor),
        Tier.STRONG: (policy.strong_model, policy.strong_successor),
    }
    return first(names[tier], tier, now)


def first(wanted: Iterable[str], tier: Tier, now: datetime) -> Sold:
    """The first of these that is listed and has a batch price; else what is recommended of those.

    Raises NotSold.
    """
    named = [model for model in wanted if model]
    prices = Price.objects.filter(service_tier="batch", effective_from__lte=now)
    sold = set(prices.values_list("model", flat=True).distinct())
    for model in named:
        if model in sold and _is_listed(model, now):
            return Sold(model, "" if model == named[0] else _why(named[0], model, sold))
    offers = [offer for offer in comparison.offers(now) if offer.model in sold]
    pair = comparison.recommended(offers, timezone.localdate(now))
    if pair is None:
        raise NotSold(named)
    other = (pair.cheap if tier == Tier.CHEAP else pair.strong).model
    why = _why(named[0], other, sold) if named else ""
    logger.warning("%s", why)
    return Sold(other, why)


def _why(wanted: str, model: str, sold: set[str]) -> str:
    lacks = "is not listed by the provider" if wanted in sold else "has no batch price"
    return f"{model} is used, because {wanted} {lacks}."


def _is_listed(model: str, now: datetime) -> bool:
    row = ProviderModel.objects.filter(name=model).first()
    if row is not None and row.is_gone(now):
        return False
    if not Reading.objects.filter(problem="").exists():
        return True  # no list was read yet
    return row is not None and row.listed_at is not None
