"""The rules: what of the costs deserves an alert now. They look, and write nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.db.models import F, Max, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from billing import crossings, spending, windows
from billing.alerts import ordinary
from billing.alerts.models import Alert
from billing.models import Budget, BudgetWindow, LedgerEntry
from billing.money import shown
from billing.periods import Period
from billing.snapshots import family

# What is compared with.
TRAILING = timedelta(days=7)
# Calls are looked at for so long, should the looking have stopped for a while.
LOOKED_BACK = timedelta(days=2)
# Conversations and visitors are many: that one has used its share is for the list alone.
QUIET = {Budget.Scope.CONVERSATION, Budget.Scope.VISITOR}
PER = {"hour": "an hour", "day": "a day", "month": "a month", "total": "in total"}

Rule = Alert.Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """What an alert is raised for, once for each rule, subject, window and line."""

    rule: str
    subject: str
    text: str
    window: str = ""
    line: int = 0
    quiet: bool = False  # in the list, but not sent to anybody


def lines(now: datetime) -> Iterator[Finding]:
    """Warning lines of budgets. Of several that are crossed at once, the highest is sent."""
    by_window = groupby(crossings.standing(now), key=lambda crossing: crossing.window.pk)
    for _, crossed in by_window:
        *below, highest = crossed
        for crossing in (*below, highest):
            window, budget = crossing.window, crossing.window.budget
            name = f"{budget} {window.key}".strip()
            yield Finding(
                Rule.BUDGET,
                name,
                f"{name} has reached {crossing.line} % of its {shown(window.limit, 2)}"
                f" {PER[budget.period]}: {shown(window.spent, 2)} are spent.",
                window=f"window:{window.pk}",
                line=crossing.line,
                quiet=crossing is not highest or (budget.scope in QUIET and not budget.key),
            )


def forecasts(now: datetime) -> Iterator[Finding]:
    """Days and months that will probably be at their limit before they end."""
    paced = BudgetWindow.objects.filter(
        windows.current(now),
        budget__active=True,
        budget__period__in=(Period.DAY, Period.MONTH),
        budget__scope__in=spending.PACED,
        spent__gt=0,
        spent__lt=F("limit"),
    )
    for window in paced.select_related("budget"):
        hit_at = spending.forecast(window, now).hit_at
        if hit_at is not None:
            budget = window.budget
            name = f"{budget} {window.key}".strip()
            yield Finding(
                Rule.FORECAST,
                name,
                f"{name} will be at its {shown(window.limit, 2)} {PER[budget.period]} on"
                f" {timezone.localtime(hit_at):%Y-%m-%d around %H:%M}, at this pace:"
                f" {shown(window.spent, 2)} are spent.",
                window=f"window:{window.pk}",
            )


def unusual_hour(now: datetime) -> Iterator[Finding]:
    """This hour, where it costs far more than hours of the week before did."""
    begun = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = list(
        LedgerEntry.objects.filter(called_at__gte=begun - TRAILING, called_at__lt=now)
        .order_by()
        .annotate(hour=TruncHour("called_at", tzinfo=UTC))
        .values("hour")
        .annotate(cost=Sum("amount"))
        .values_list("hour", "cost")
    )
    most = ordinary.most([cost for hour, cost in hours if hour < begun])
    cost = sum(cost for hour, cost in hours if hour >= begun)
    if most is not None and cost > most:
        yield Finding(
            Rule.HOUR,
            "site",
            f"This hour costs {shown(cost, 2)} so far; of the week's hours, up to"
            f" {shown(most, 2)} would be ordinary.",
            window=begun.isoformat(),
        )


def unusual_conversations(now: datetime) -> Iterator[Finding]:
    """Conversations of the last hour that cost far more than those of the week did."""
    conversations = list(
        LedgerEntry.objects.filter(called_at__gte=now - TRAILING, called_at__lt=now)
        .exclude(conversation="")
        .order_by()
        .values("conversation")
        .annotate(cost=Sum("amount"), newest=Max("called_at"))
        .values_list("conversation", "cost", "newest")
    )
    most = ordinary.most([cost for _, cost, _ in conversations])
    for conversation, cost, newest in conversations:
        if most is not None and cost > most and newest > now - timedelta(hours=1):
            yield Finding(
                Rule.CONVERSATION,
                conversation,
                f"{conversation} costs {shown(cost, 2)} so far; of the week's conversations, up to"
                f" {shown(most, 2)} would be ordinary.",
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
                f"{model} ({service_tier}) has answered and has no price: it is charged as"
                f" {priced} ({priced_tier}). Add its price.",
            )
