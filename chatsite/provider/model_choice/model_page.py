"""The comparison on the models page: today's pair beside what the provider lists."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.views.decorators.http import require_POST

from billing import money, number_format
from chatsite.provider import batch_capable_models
from chatsite.provider.errors import NotOffered, NotSold
from chatsite.provider.model_choice import comparison, model_adoption, successors
from chatsite.provider.model_choice.comparison import Offer, Pair
from chatsite.provider.model_choice.successors import TYPICAL
from routing import policies
from routing.errors import NothingChanged, Overtaken
from routing.models import Policy
from routing.tier_choice import Tier

PAGE = "admin:provider_providermodel_changelist"
ADOPTS = ["provider.view_providermodel", "routing.add_policy"]


@dataclass(frozen=True, slots=True)
class Row:
    """One model, in words."""

    model: str
    used_as: str  # blank: not in use
    cheap: str  # what the tokens of each tier would cost
    strong: str
    per_thousand: str
    context: str
    ends: str
    is_recommended: bool


def context(request: HttpRequest) -> dict[str, Any]:
    """Of the whole comparison; empty where nothing that is listed has a price."""
    now = timezone.now()
    today = timezone.localdate(now)
    policy, offers = policies.current(), comparison.offers(now)
    best = comparison.recommended(offers, today)
    if best is None:
        return {}
    asked = (
        request.GET.get("cheap", best.cheap.model),
        request.GET.get("strong", best.strong.model),
    )
    try:
        pair = model_adoption.pair(*asked, offers)
    except NotOffered:
        pair = best
    chosen = (pair.cheap.model, pair.strong.model)
    return {
        "rows": [_row(offer, policy, best, now) for offer in offers],
        "names": [offer.model for offer in offers],
        "pair": pair,
        "best": best,
        "is_best": chosen == (best.cheap.model, best.strong.model),
        "policy": policy,
        "in_use": chosen == (policy.cheap_model, policy.strong_model),
        "steps": [_step(step, policy) for step in comparison.steps(policy, pair, now)],
        "traffic": _traffic(now),
        "offline": _offline(now),
        "may_adopt": request.user.has_perm("routing.add_policy"),
    }


@require_POST
@permission_required(ADOPTS, raise_exception=True)
def adopt(request: HttpRequest) -> HttpResponse:
    """Put the pair in force as the next version of the policy."""
    cheap, strong = request.POST.get("cheap", ""), request.POST.get("strong", "")
    begun_from = request.POST.get("begun_from", "")
    try:
        adopted = model_adoption.adopt(
            cheap,
            strong,
            request.user,
            int(begun_from) if begun_from.isdecimal() and len(begun_from) < 10 else None,
            timezone.now(),
        )
    except (NotOffered, NothingChanged, Overtaken) as error:
        messages.error(request, f"Nothing was changed. {error}")
        return redirect(PAGE)
    admin.site.get_model_admin(Policy).log_addition(request, adopted, adopted.reason)
    messages.success(request, f"{adopted} is in force: {'; '.join(adopted.changes)}.")
    return redirect(PAGE)


def _row(offer: Offer, policy: Policy, best: Pair, now: datetime) -> Row:
    tiers = {policy.cheap_model: "cheap", policy.strong_model: "strong"}
    ends = offer.shuts_down_on
    return Row(
        model=offer.model,
        used_as=tiers.get(offer.model, ""),
        cheap=money.shown(offer.costs[Tier.CHEAP]),
        strong=money.shown(offer.costs[Tier.STRONG]),
        per_thousand=money.shown(offer.per_thousand),
        context=f"{offer.context:,}" if offer.context else "not known",
        ends=formats.date_format(ends, "DATE_FORMAT") if ends else "not announced",
        is_recommended=offer in (best.cheap, best.strong),
    )


def _step(step: comparison.Step, policy: Policy) -> dict[str, object]:
    return {
        "threshold": f"{step.threshold:g}",
        "is_current": step.threshold == policy.threshold,
        "strong": number_format.share(step.strong),
        "now": "no price" if step.now is None else money.shown(step.now),
        "then": "no price" if step.then is None else money.shown(step.then),
    }


def _offline(now: datetime) -> list[str]:
    """Who does the work that nobody waits for, in a sentence for each tier."""
    found = []
    for tier, work in ((Tier.STRONG, "Judging answers"), (Tier.CHEAP, "Summaries")):
        try:
            sold = batch_capable_models.of_tier(tier, now)
            found.append(f"{work}: {sold.why or f'{sold.model}.'}")
        except NotSold as error:
            found.append(f"{work}: nobody, as {error}.")
    return found


def _traffic(now: datetime) -> str:
    used = comparison.usage(now)
    if used[Tier.CHEAP] is TYPICAL and used[Tier.STRONG] is TYPICAL:
        return "This site has no traffic yet. Costs are for 1,000 typical answers."
    days = successors.LOOKED_BACK.days
    return f"Costs are those of this site's own tokens of the last {days} days, by tier."
