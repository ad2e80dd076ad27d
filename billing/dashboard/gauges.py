"""The site's own budgets as they stand."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from billing import windows
from billing.models import Budget, BudgetWindow
from billing.money import brief


@dataclass(frozen=True, slots=True)
class Gauge:
    budget: Budget
    window: BudgetWindow | None  # None until something is reserved in it

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
        return f"{brief(self.spent)} of {brief(self.limit)}"

    @property
    def url(self) -> str:
        return reverse("admin:billing_budget_change", args=[self.budget.pk])


def gauges(now: datetime) -> list[Gauge]:
    """Of each active budget of the site: by period, the tightest first. Two queries."""
    budgets = Budget.objects.filter(active=True, scope=Budget.Scope.SITE)
    order = list(Budget.Period)
    found = sorted(budgets, key=lambda each: (order.index(Budget.Period(each.period)), each.limit))
    current = {
        window.budget_id: window
        for window in BudgetWindow.objects.filter(windows.current(now), budget__in=found)
    }
    for window in current.values():
        window.budget = next(budget for budget in found if budget.pk == window.budget_id)
    return [Gauge(budget, current.get(budget.pk)) for budget in found]
