"""Which warning lines are crossed in the current windows."""

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import F, Q

from billing import ladder, windows
from billing.models import Budget, BudgetPeriod


@dataclass(frozen=True, slots=True)
class Crossing:
    """A window that has reached a warning line: once for each window and line."""

    window: BudgetPeriod  # with its budget
    line: int  # percent

    @property
    def percent(self) -> float:
        """How much of the limit is spent now."""
        return ladder.percent(self.window.spent, self.window.limit)


def reached(now: datetime) -> list[Crossing]:
    """By budget and window, the lowest line first. Two queries."""
    lines = {budget.pk: budget.lines for budget in Budget.objects.filter(active=True)}
    reached = [
        Q(budget=budget, spent__gte=F("limit") * found[0] / ladder.FULL)
        for budget, found in lines.items()
        if found
    ]
    if not reached:
        return []
    found = BudgetPeriod.objects.filter(windows.current(now)).filter(reduce(or_, reached))
    return [
        Crossing(window, line)
        for window in found.select_related("budget").order_by("budget", "id")
        for line in lines[window.budget_id]
        if ladder.percent(window.spent, window.limit) >= line
    ]
