"""A pair of models comes into force: by an operator's click, or on a new site's first day."""

import logging
from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from billing import money
from billing.models import LedgerEntry
from chatsite.provider.errors import NotOffered
from chatsite.provider.model_choice import comparison
from chatsite.provider.model_choice.comparison import Offer, Pair
from routing import policies
from routing.models import Policy
from routing.policies import Author
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)


def pair(cheap: str, strong: str, offers: Collection[Offer]) -> Pair:
    """Raises NotOffered for a model that is not listed or has no price."""
    by_name = {offer.model: offer for offer in offers}
    for model in (cheap, strong):
        if model not in by_name:
            raise NotOffered(model)
    return Pair(by_name[cheap], by_name[strong])


def adopt(cheap: str, strong: str, author: Author, begun_from: int | None, now: datetime) -> Policy:
    """Put a version with these models in force.

    Raises NotOffered, and NothingChanged and Overtaken as `policies.adopt` does.
    """
    offers = comparison.offers(now)
    chosen = pair(cheap, strong, offers)
    reason = f"{cheap} and {strong}, by what the provider lists and charges today"
    return _adopt(chosen, offers, author, reason, begun_from, now)


def first_pair(listed: Collection[str], now: datetime) -> Policy | None:
    """On a site that is new, the recommended pair, where neither default name is listed.

    New: nobody has changed the policy, and no call was made. None where the defaults stay.
    """
    policy = Policy.objects.in_force().first()
    if policy is None or policy.version != 1 or policy.author_id is not None:
        return None
    # Where one is listed, the other's successor answers.
    if {policy.cheap_model, policy.strong_model} & set(listed):
        return None
    if LedgerEntry.objects.exists():
        return None
    offers = comparison.offers(now, listed)
    chosen = comparison.recommended(offers, timezone.localdate(now))
    if chosen is None:
        return None
    reason = (
        f"A new site starts with {policy.cheap_model} and {policy.strong_model}, but the provider"
        f" lists neither. Of those it lists, {chosen.cheap.model} ({_price(chosen.cheap)}) and"
        f" {chosen.strong.model} ({_price(chosen.strong)}) are recommended"
    )
    adopted = _adopt(chosen, offers, None, reason[:300], policy.version, now)
    logger.warning("%s", reason)
    return adopted


def _adopt(
    chosen: Pair,
    offers: Collection[Offer],
    author: Author,
    reason: str,
    begun_from: int | None,
    now: datetime,
) -> Policy:
    draft = policies.current().draft()
    today = timezone.localdate(now)
    draft.cheap_model, draft.strong_model = chosen.cheap.model, chosen.strong.model
    draft.cheap_successor = comparison.successor(chosen, list(offers), Tier.CHEAP, today)
    draft.strong_successor = comparison.successor(chosen, list(offers), Tier.STRONG, today)
    return policies.adopt(draft, author, reason, begun_from)


def _price(offer: Offer) -> str:
    return f"{money.shown(offer.per_thousand)} for 1,000 typical answers"
