"""Budgets as they stand: the site's own, and what each visitor is allowed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, FilteredRelation, Q
from django.urls import reverse

from billing.budgets import balances
from billing.budgets.periods import Period
from billing.models import Budget, BudgetPeriod
from billing.money import shown

# Of a window.
COLUMNS = ("id", "key", "starts_at", "limit", "spent", "reserved", "overrun")


@dataclass(frozen=True, slots=True)
class Gauge:
    budget: Budget
    window: BudgetPeriod | None  # None until something is reserved in it

    @property
    def limit(self) -> int:
        return self.budget.limit

    @property
    def spent(self) -> int:
        return self.window.spent if self.window else 0

    @property
    def percent(self) -> float:
        return min(100.0, 100 * self.spent / self.limit) if self.limit else 100.0

    @property
    def level(self) -> str:
        """`full` at the limit, `high` from the first warning line on, else `fine`."""
        if self.percent >= 100:
            return "full"
        lines = self.budget.lines
        return "high" if lines and self.percent >= lines[0] else "fine"

    @property
    def words(self) -> str:
        return f"{shown(self.spent)} of {shown(self.limit)}"

    @property
    def pacing(self) -> str:
        """What it does so that it lasts; blank where it does not pace itself."""
        if not self.budget.paces_itself:
            return ""
        points = self.budget.points_since(self.window.starts_at) if self.window else 0
        if not points:
            return "Pacing: the policy's threshold applies."
        return f"Pacing: the threshold is raised by {points:g} points."

    @property
    def url(self) -> str:
        return reverse("admin:billing_budget_change", args=[self.budget.pk])


def gauges(now: datetime) -> list[Gauge]:
    """Of each active budget of the site: by period, the tightest first. One query."""
    current = FilteredRelation("windows", condition=Q(windows__starts_at=balances.began(now)))
    budgets = (
        Budget.objects.filter(active=True, scope=Budget.Scope.SITE)
        .annotate(current=current)
        .annotate(**{f"current_{name}": F(f"current__{name}") for name in COLUMNS})
    )
    order = list(Period)
    found = sorted(budgets, key=lambda each: (order.index(Period(each.period)), each.limit))
    return [Gauge(budget, _window(budget)) for budget in found]


def _window(budget: Budget) -> BudgetPeriod | None:
    columns = {name: getattr(budget, f"current_{name}") for name in COLUMNS}
    return None if columns["id"] is None else BudgetPeriod(budget=budget, **columns)


def allowances(visitors: Collection[str], now: datetime) -> dict[str, list[Gauge]]:
    """Of each active budget that a visitor falls under: the visitor's own window. One query."""
    given = Budget.objects.filter(active=True, scope=Budget.Scope.VISITOR)
    budgets = {budget.pk: budget for budget in given}
    used = BudgetPeriod.objects.filter(
        balances.current(now), budget__in=budgets, key__in=list(visitors)
    )
    found = {(window.budget_id, window.key): window for window in used}
    return {
        visitor: [
            Gauge(budget, found.get((budget.pk, visitor)))
            for budget in budgets.values()
            if budget.key in {"", visitor}
        ]
        for visitor in visitors
    }
