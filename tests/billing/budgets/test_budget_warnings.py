"""Which windows have reached a warning line."""

from datetime import timedelta

from billing import ledger
from billing.budgets import budget_warnings
from billing.models import Budget
from billing.prices.pricing import Usage
from tests.billing.conftest import CHEAP, NOW, budget


def spend(reserve, reference: str, **named: str) -> None:
    reserve(reference, **named)
    ledger.settle(reference, Usage(1000, 1000), outcome="stop", now=NOW)


def lines() -> list[tuple[str, str, int]]:
    return [
        (crossing.window.budget.scope, crossing.window.key, crossing.line)
        for crossing in budget_warnings.reached(NOW)
    ]


def test_a_line_is_crossed_by_what_is_spent_and_not_by_what_is_held(reserve):
    budget(5 * CHEAP)
    for number in range(4):
        reserve(f"reply:{number}:1")
    assert lines() == []

    for number in range(4):
        ledger.settle(f"reply:{number}:1", Usage(1000, 1000), outcome="stop", now=NOW)

    assert lines() == [("site", "", 80)]


def test_every_line_below_is_crossed_too(reserve):
    Budget.objects.filter(pk=budget(CHEAP).pk).update(warning_lines="50, 80, 100")

    spend(reserve, "reply:1:1")

    assert [line for *_, line in lines()] == [50, 80, 100]


def test_each_window_crosses_by_itself(reserve):
    budget(2 * CHEAP, "conversation", "day")

    spend(reserve, "reply:1:1", conversation="conversation:1")
    spend(reserve, "reply:2:1", conversation="conversation:2")
    spend(reserve, "reply:3:1", conversation="conversation:2")

    assert lines() == [("conversation", "conversation:2", line) for line in (80, 95, 100)]


def test_a_budget_without_lines_warns_nobody(reserve):
    Budget.objects.filter(pk=budget(CHEAP).pk).update(warning_lines="")

    spend(reserve, "reply:1:1")

    assert lines() == []


def test_the_next_window_has_crossed_nothing(reserve):
    budget(CHEAP, period="hour")
    spend(reserve, "reply:1:1")

    assert len(budget_warnings.reached(NOW)) == 3
    assert budget_warnings.reached(NOW + timedelta(hours=1)) == []
