"""What is done at which percent of a budget."""

import pytest

from billing.budgets import cost_saving_steps
from billing.budgets.cost_saving_steps import Curve, Ladder, Step

USUAL = Ladder(
    economise_from=80, economise_by=4, cheap_only_from=95, approved_from=98, later_from=100
)


@pytest.mark.parametrize(
    ("spent", "step", "points"),
    [
        (0, Step.FREE, 0),
        (79.99, Step.FREE, 0),
        (80, Step.ECONOMISE, 0),
        (85, Step.ECONOMISE, 1),
        (90, Step.ECONOMISE, 2),
        (95, Step.CHEAP_ONLY, 3),
        (98, Step.APPROVED, 3.6),
        (100, Step.LATER, 4),
        (130, Step.LATER, 4),
    ],
)
def test_each_step_begins_at_its_percent(spent, step, points):
    assert cost_saving_steps.step(USUAL, spent) == step
    assert cost_saving_steps.rise(USUAL, spent) == points


@pytest.mark.parametrize(
    ("curve", "points"),
    [(Curve.STEADY, (1, 2, 4)), (Curve.LATE, (0.2, 1, 4)), (Curve.EARLY, (2, 2.8, 4))],
)
def test_the_threshold_rises_by_its_curve(curve, points):
    climbing = Ladder(economise_from=80, economise_by=4, curve=curve)

    assert tuple(cost_saving_steps.rise(climbing, spent) for spent in (85, 90, 100)) == points


@pytest.mark.parametrize("spent", [0, 50, 100, 200])
def test_a_step_that_is_left_out_is_never_taken(spent):
    assert cost_saving_steps.step(Ladder(), spent) == Step.FREE
    assert cost_saving_steps.rise(Ladder(economise_by=4), spent) == 0


def test_a_rise_that_begins_at_the_end_is_whole_there():
    assert cost_saving_steps.rise(Ladder(economise_from=100, economise_by=4), 100) == 4


@pytest.mark.parametrize(
    ("spent", "limit", "percent"), [(0, 10, 0), (9, 10, 90), (0, 0, 100), (15, 10, 150)]
)
def test_a_budget_of_nothing_is_spent(spent, limit, percent):
    assert cost_saving_steps.percent(spent, limit) == percent
