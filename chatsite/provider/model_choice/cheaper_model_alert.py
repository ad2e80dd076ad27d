"""A monthly alert: listed models would do the site's work for less."""

from datetime import datetime

from django.utils import timezone

from billing import money, number_format
from billing.alerts import raise_alerts
from billing.alerts.models import Alert
from billing.alerts.rules import Finding
from billing.prices.pricing import Rate
from chatsite.provider.model_choice import comparison, successors
from chatsite.provider.model_choice.comparison import Pair
from routing import policies
from routing.tier_choice import Tier

# Of what the site's traffic costs with the models in use; a smaller saving is not worth a change.
WORTH = 0.2


def look(now: datetime) -> None:
    """Raise the alert, unless it was raised this month. Four queries."""
    today = timezone.localdate(now)
    best = comparison.recommended(comparison.offers(now), today)
    if best is None:
        return
    policy = policies.current()
    used = successors.used_since(now - successors.LOOKED_BACK)
    rates = comparison.rates_at(now)
    if not used or not {policy.cheap_model, policy.strong_model} <= set(rates):
        return
    models = {Tier.CHEAP: policy.cheap_model, Tier.STRONG: policy.strong_model}
    tiers = [tier for tier in Tier if tier in used]
    costs = sum(used[tier].cost(rates[models[tier]]) for tier in tiers)
    would = sum(used[tier].cost(_of(best, tier)) for tier in tiers)
    if not costs or would > costs * (1 - WORTH):
        return
    raise_alerts.tell(
        Finding(
            Alert.Rule.VALUE,
            f"{best.cheap.model} and {best.strong.model}"[:200],
            f"The last {successors.LOOKED_BACK.days} days' tokens would cost {money.shown(would)}"
            f" with {best.cheap.model} and {best.strong.model} instead of {money.shown(costs)},"
            f" {number_format.share(1 - would / costs)} less. How well they answer is not known:"
            " compare them on the models page, and try them on a share of conversations.",
            window=f"{today:%Y-%m}",
        ),
        now,
    )


def _of(pair: Pair, tier: Tier) -> Rate:
    return (pair.cheap if tier is Tier.CHEAP else pair.strong).rate
