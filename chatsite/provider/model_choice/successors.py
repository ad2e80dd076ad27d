"""Notices about the tiers' models for operators and staff, and what a change would cost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from django.db.models import Subquery, Sum
from django.utils import formats, timezone

from billing import money
from billing.models import Price, Tally
from billing.prices.pricing import PER, Rate
from chatsite.provider.models import ProviderModel, Reading
from routing import policies
from routing.models import Policy
from routing.tier_choice import Tier

# How long before its last day operators are told to choose another.
NOTICE_BEFORE = timedelta(days=60)
# What a change would do to the cost is shown by what was used in so long.
LOOKED_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens of a tier's calls, and whose they are, in words."""

    whose: str
    input: int
    cached: int
    output: int

    def cost(self, rate: Rate) -> int:
        """Nano-dollars."""
        fresh = (self.input - self.cached) * rate.input
        return (fresh + self.cached * rate.cached_input + self.output * rate.output) // PER


# An answer by four articles and a short conversation.
TYPICAL = Used("1,000 typical answers", input=1_200_000, cached=0, output=250_000)


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem with a tier's model: what answers instead, and what a change would do."""

    tier: Tier
    model: str
    successor: str  # blank: none is named
    state: str  # gone, failing or ending
    what: str
    effect: str  # blank where nothing would change

    @property
    def proposal(self) -> str:
        """The query by which the form for the next policy begins with the successor."""
        return urlencode(
            {
                f"{self.tier}_model": self.successor,
                f"{self.tier}_successor": "",
                "reason": f"{self.successor} succeeds {self.model}",
            }
        )


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands on top of every page; `unread` as the function of that name says it."""

    notices: list[Notice]
    unread: str


def banner(now: datetime, in_force: Policy | None = None) -> Banner:
    """For each tier whose model is gone, fails, or ends within `NOTICE_BEFORE`, a notice."""
    policy = in_force or policies.current()
    newest = Reading.objects.order_by("-read_at")[:1]
    # With the newest reading of the list: one query less on every page.
    models = ProviderModel.objects.filter(name__in=policy.models).annotate(
        read_at=Subquery(newest.values("read_at")), problem=Subquery(newest.values("problem"))
    )
    known = {model.name: model for model in models}
    if known:
        one = next(iter(known.values()))
        problem = unread(Reading(read_at=one.read_at, problem=one.problem or ""))
    else:
        problem = unread(newest.first())
    found = [_notice(tier, policy, known, now) for tier in Tier]
    wanted = [notice for notice in found if notice is not None]
    if not wanted:
        return Banner([], problem)
    used, rates = used_since(_quarter(now) - LOOKED_BACK), _rates(policy.models, now)
    return Banner([_with_effect(notice, used, rates) for notice in wanted], problem)


def unread(newest: Reading | None) -> str:
    """Why the newest list was not believed; blank where it was, or none was read yet."""
    if newest is None or not newest.problem:
        return ""
    when = formats.date_format(timezone.localtime(newest.read_at), "DATETIME_FORMAT")
    return (
        f"The provider's list of models could not be used on {when}. {newest.problem} "
        "Until it can be, a model counts as gone when the provider refuses it."
    )


def _notice(
    tier: Tier, policy: Policy, known: Mapping[str, ProviderModel], now: datetime
) -> Notice | None:
    names = {
        Tier.CHEAP: (policy.cheap_model, policy.cheap_successor),
        Tier.STRONG: (policy.strong_model, policy.strong_successor),
    }
    model, successor = names[tier]
    row = known.get(model)
    if row is None:
        return None
    who = f"{model} of the {tier} tier"
    stands = successor and not (successor in known and known[successor].is_gone(now))
    if row.is_gone(now):
        if stands:
            what = f"{who} is gone from the provider. Its successor {successor} answers."
        else:
            other = f"its successor {successor}" if successor else "no successor"
            missing = "is gone too" if successor else "is named"
            what = f"{who} is gone from the provider, and {other} {missing}. Choose another model."
        return Notice(tier, model, successor if stands else "", "gone", what, "")
    if row.paused_until is not None:
        return Notice(tier, model, "", "failing", f"{who} {_failing(row)}", "")
    if row.shuts_down_on and row.shuts_down_on <= timezone.localdate(now) + NOTICE_BEFORE:
        what = f"{who} {_ending(row.shuts_down_on, timezone.localdate(now))}"
        if not successor:
            what = f"{what} It has no successor yet."
        return Notice(tier, model, successor if stands else "", "ending", what, "")
    return None


def _failing(row: ProviderModel) -> str:
    assert row.failing_since is not None
    since = formats.date_format(timezone.localtime(row.failing_since), "DATETIME_FORMAT")
    return (
        f"has failed {row.failures} times since {since} and is paused. "
        "The other tier answers; now and then it is asked again."
    )


def _ending(day: date, today: date) -> str:
    when = formats.date_format(day, "DATE_FORMAT")
    if day < today:
        return f"was to shut down on {when}; the provider still lists it."
    left = (day - today).days
    return f"shuts down on {when}, {f'in {left} days' if left > 1 else 'at once'}."


@lru_cache(maxsize=1)
def used_since(quarter: datetime) -> dict[str, Used]:
    """What each tier's calls used lately, in one query.

    Kept until the next quarter of an hour: of a million calls it takes 15 ms, on every page.
    """
    sums = (
        Tally.objects.filter(quarter__gte=quarter)
        .values_list("tier")
        .annotate(Sum("input_tokens"), Sum("cached_tokens"), Sum("output_tokens"))
        .order_by()
    )
    whose = f"the {{}} tier's tokens of the last {LOOKED_BACK.days} days"
    return {tier: Used(whose.format(tier), *tokens) for tier, *tokens in sums if any(tokens)}


def _quarter(now: datetime) -> datetime:
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


def _rates(models: Collection[str], now: datetime) -> dict[str, Rate]:
    """The prices in force, in one query."""
    prices = Price.objects.filter(model__in=models, service_tier="default", effective_from__lte=now)
    return {price.model: price.rate for price in prices.order_by("effective_from")}


def _with_effect(notice: Notice, used: dict[str, Used], rates: dict[str, Rate]) -> Notice:
    if not notice.successor:
        return notice
    if notice.successor not in rates:
        effect = f"{notice.successor} has no price, so it is not used yet."
        return replace(notice, effect=effect)
    tokens = used.get(notice.tier, TYPICAL)
    then = tokens.cost(rates[notice.successor])
    effect = f"By the price list, {tokens.whose} cost {_dollars(then)} with {notice.successor}"
    if notice.model in rates:
        effect += f" and {_dollars(tokens.cost(rates[notice.model]))} with {notice.model}"
    return replace(notice, effect=f"{effect}.")


def _dollars(amount: int) -> str:
    return money.shown(amount)
