"""The rules: what of the costs deserves an alert now. They look, and write nothing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.db.models import F, Sum
from django.utils import timezone

from billing.alerts import usual_costs
from billing.alerts.models import Alert
from billing.bills.models import BilledDay, BillReading
from billing.budgets import balances, budget_warnings, cost_saving_steps
from billing.budgets.budget_warnings import Crossing
from billing.budgets.periods import PER, Period
from billing.models import Budget, BudgetPeriod, ConversationCost, LedgerEntry, Tally
from billing.money import shown
from billing.pacing import hourly_spending
from billing.pacing.threshold_increase import Outcome
from billing.prices.model_families import family

# What is compared with.
TRAILING = timedelta(days=7)
# Whoever tries a new site for an hour sets no pace.
FIRST_DAY = timedelta(days=1)
# How far back calls are looked at, in case the watch was down for a while.
LOOKED_BACK = timedelta(days=2)
# Days of the provider's bill whose differences are still told.
BILLED_BACK = timedelta(days=14)
# A night's bill may be read at the second or third attempt.
UNREAD_FOR = timedelta(hours=26)
TURNED_AWAY = {
    Budget.Scope.SITE: " Customers are being turned away.",
    Budget.Scope.CONVERSATION: " Its customer is being turned away.",
    Budget.Scope.VISITOR: " The visitor is being turned away.",
    Budget.Scope.ADDRESS: " Customers on that network are being turned away.",
    Budget.Scope.TIER: " This tier is not used any more.",
    Budget.Scope.MODEL: " This model is not used any more.",
}

Rule = Alert.Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """What an alert is raised for, once for each rule, subject, window and line."""

    rule: str
    subject: str
    text: str
    window: str = ""
    line: int = 0
    quiet: bool = False  # in the list, but neither sent to anybody nor on top of every page


def lines(now: datetime) -> Iterator[Finding]:
    """Warning lines of budgets. Of several that are crossed at once, the highest is sent."""
    by_window = groupby(budget_warnings.reached(now), key=lambda crossing: crossing.window.pk)
    for _, crossed in by_window:
        *below, highest = crossed
        for crossing in (*below, highest):
            window, budget = crossing.window, crossing.window.budget
            name = f"{budget} {window.key}".strip()
            yield Finding(
                Rule.BUDGET,
                name,
                f"{_whose(window)} has reached {crossing.line} % of its {shown(budget.limit)}"
                f" {PER[budget.period]}: {shown(window.spent)} spent.{_now_what(crossing)}",
                window=_window(window),
                line=crossing.line,
                quiet=crossing is not highest or (budget.scope in Budget.OF_ONE and not budget.key),
            )


def forecasts(now: datetime) -> Iterator[Finding]:
    """Days and months that will probably be at their limit before they end."""
    if not LedgerEntry.objects.filter(called_at__lt=now - FIRST_DAY).exists():
        return
    paced = BudgetPeriod.objects.filter(
        balances.current(now),
        budget__active=True,
        budget__period__in=(Period.DAY, Period.MONTH),
        budget__scope__in=hourly_spending.PACED,
        spent__gt=0,
        spent__lt=F("limit"),
    )
    for window in paced.select_related("budget"):
        if window.budget.points_since(window.starts_at):
            # What was recorded before it raised the threshold says too much; `bounds` tells more.
            continue
        hit_at = hourly_spending.forecast(window, now).hit_at
        if hit_at is not None:
            budget = window.budget
            name = f"{budget} {window.key}".strip()
            yield Finding(
                Rule.FORECAST,
                name,
                f"{_whose(window)} is on course to use up its {shown(budget.limit)}"
                f" {PER[budget.period]} on {timezone.localtime(hit_at):%Y-%m-%d around %H:%M}."
                f" {shown(window.spent)} spent so far.",
                window=_window(window),
            )


def bounds(now: datetime) -> Iterator[Finding]:
    """Budgets that raise the threshold as far as they may, and will be used up all the same."""
    pacing = BudgetPeriod.objects.filter(
        balances.current(now),
        budget__active=True,
        budget__paces_itself=True,
        spent__gt=0,
        spent__lt=F("limit"),
    )
    for window in pacing.select_related("budget"):
        budget, last = window.budget, window.budget.adjustments.first()
        points = budget.points_since(window.starts_at)
        if last and points and last.outcome == Outcome.BOUND:
            yield Finding(
                Rule.PACING,
                str(budget),
                f"{budget} has raised the threshold by {points:g}, its limit, and is still on"
                f" course for {shown(last.expected or 0)} of its {shown(budget.limit)}"
                f" {PER[budget.period]}. Allow a higher threshold, or raise"
                " the budget's limit.",
                window=_window(window),
            )


def unusual_hour(now: datetime) -> Iterator[Finding]:
    """This hour, where it costs far more than hours of the week before did."""
    begun = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours: dict[datetime, int] = defaultdict(int)
    quarters = Tally.objects.filter(quarter__gte=begun - TRAILING, quarter__lte=now)
    for quarter, cost in (
        quarters.exclude(purpose=LedgerEntry.Purpose.RECONCILIATION)
        .order_by("quarter")
        .values_list("quarter")
        .annotate(cost=Sum("amount"))
    ):
        hours[quarter.replace(minute=0)] += cost
    cost = hours.pop(begun, 0)
    place = usual_costs.place(len(hours))
    if place is not None and cost > (most := usual_costs.most(sorted(hours.values())[place])):
        yield Finding(
            Rule.HOUR,
            "site",
            f"This hour has cost {shown(cost)} so far. A usual hour of the past week cost up to"
            f" {shown(most)}.",
            window=begun.isoformat(),
        )


def unusual_conversations(now: datetime) -> Iterator[Finding]:
    """Conversations of the last hour that cost far more than those of the week did."""
    costs = ConversationCost.objects.filter(last_at__gt=now - TRAILING, last_at__lte=now)
    place = usual_costs.place(costs.count())
    if place is None:
        return
    most = usual_costs.most(costs.order_by("amount").values_list("amount", flat=True)[place])
    for each in costs.filter(amount__gt=most, last_at__gt=now - timedelta(hours=1)):
        yield Finding(
            Rule.CONVERSATION,
            each.conversation,
            f"{each.conversation} has cost {shown(each.amount)} so far. An ordinary conversation of"
            f" the past week cost up to {shown(most)}.",
        )


def unknown_models(now: datetime) -> Iterator[Finding]:
    """Models and service tiers that answered and have no price: theirs is assumed."""
    answered = (
        LedgerEntry.objects.filter(called_at__gte=now - LOOKED_BACK, price_assumed=True)
        .exclude(purpose=LedgerEntry.Purpose.RECONCILIATION)
        .order_by("model_returned", "service_tier")
        .values_list("model_returned", "service_tier", "price__model", "price__service_tier")
        .distinct()
    )
    for model, service_tier, priced, priced_tier in answered:
        # A snapshot at the price of its model is no stranger.
        if (family(model), service_tier) != (family(priced), priced_tier):
            yield Finding(
                Rule.MODEL,
                f"{model} ({service_tier})",
                f"{model} ({service_tier}) answered but has no price, so it is charged as"
                f" {priced} ({priced_tier}). Add its price.",
            )


def bills(now: datetime) -> Iterator[Finding]:
    """Days whose bill the ledger does not explain, and a bill that could not be read."""
    odd = BilledDay.objects.exclude(unexplained=0).filter(day__gte=(now - BILLED_BACK).date())
    for each in odd:
        yield Finding(
            Rule.BILL,
            str(each),
            f"{each}: {shown(each.recorded)} recorded, {shown(each.billed or 0)} billed. "
            f"{shown(each.unexplained, signed=True)} of the difference is unexplained.",
            window=f"billed:{each.pk}",
        )
    newest = BillReading.objects.first()
    if newest is None or not newest.problem:
        return
    read = BillReading.objects.filter(problem="", read_at__gt=now - UNREAD_FOR)
    if not read.exists():
        yield Finding(
            Rule.BILL,
            "provider's bill",
            f"The provider's bill cannot be read: {newest.problem}.",
            window=newest.read_at.date().isoformat(),
        )


def _window(window: BudgetPeriod) -> str:
    """With its limit: where that is changed, the lines are armed again."""
    return f"window:{window.pk}:{window.budget.limit}"


def _now_what(crossing: Crossing) -> str:
    """What customers notice by now."""
    budget = crossing.window.budget
    if crossing.percent < budget.ladder.stops_at:
        return ""
    if budget.scope in Budget.OF_PART and crossing.percent < cost_saving_steps.FULL:
        return ""
    return TURNED_AWAY[Budget.Scope(budget.scope)]


def _whose(window: BudgetPeriod) -> str:
    """Its budget, and which conversation, visitor, tier or model it is of, where it is of one."""
    return f"{window.budget} ({window.key})" if window.key else str(window.budget)
