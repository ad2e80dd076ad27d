"""Which warning lines are crossed in the current windows."""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from billing.budgets import balances, cost_saving_steps
from billing.models import Budget, BudgetPeriod


@dataclass(frozen=True, slots=True)
class Crossing:
    """A window that has reached a warning line of its budget."""

    window: BudgetPeriod  # with its budget
    line: int  # percent

    @property
    def percent(self) -> float:
        """How much of the budget's limit is spent now: more than 100 where it was lowered since."""
        return cost_saving_steps.percent(self.window.spent, self.window.budget.limit)


def reached(now: datetime) -> list[Crossing]:
    """By budget and window, the lowest line first. Two queries."""
    warning = [budget for budget in Budget.objects.filter(active=True) if budget.lines]
    if not warning:
        return []
    reached = (
        Q(
            budget=budget,
            spent__gte=math.ceil(budget.limit * budget.lines[0] / cost_saving_steps.FULL),
        )
        for budget in warning
    )
    found = BudgetPeriod.objects.filter(balances.current(now)).filter(reduce(or_, reached))
    crossings = (
        Crossing(window, line)
        for window in found.select_related("budget").order_by("budget", "id")
        for line in window.budget.lines
    )
    return [crossing for crossing in crossings if crossing.percent >= crossing.line]
