"""What thresholds make of the traffic that sets a budget's pace."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.budgets import periods
from billing.budgets.periods import Period
from billing.models import Budget, BudgetPeriod
from billing.pacing import hourly_spending
from chatsite.tuning.threshold import budget_outlook
from chatsite.tuning.threshold.replay import Priced, Replay, Total
from routing.models import RouteDecision
from routing.tier_choice import Tier
from tests.chat import told
from tests.guards import guards


def strong(score: float) -> Priced:
    return Priced(28, score, Tier.STRONG, fixed=False, then=1000, cheap=100, strong=1000)


# Strong replies at 7, 8 and 9; what moves saves 900 of 3,000.
REPLAY = Replay(tuple(strong(score) for score in (7.0, 8.0, 9.0)), Total(84, 84, 3000), 3000)


@pytest.mark.parametrize(
    ("points", "spent", "share", "moved"),
    [
        (0.0, 3000, 1.0, 0),
        (0.1, 3000, 0.7, 28),
        (1.0, 3000, 0.7, 28),
        (1.1, 3000, 0.4, 56),
        (4.0, 3000, 0.1, 84),
        # Of what is spent on other calls too, a smaller part.
        (1.1, 6000, 0.7, 56),
        (0.0, 0, 1.0, 0),
    ],
)
def test_each_rise_is_a_share_of_the_pace(points, spent, share, moved):
    traffic = budget_outlook.rises(REPLAY, 7, spent, 14)

    rise = next(rise for rise in traffic.rises if rise.points == points)
    assert rise.share == pytest.approx(share)
    assert rise.moved == moved
    assert [rise.points for rise in traffic.rises] == [tenth / 10 for tenth in range(41)]


def test_a_threshold_between_tenths_is_raised_by_tenths():
    traffic = budget_outlook.rises(REPLAY, 7.95, 3000, 14)

    assert [rise.points for rise in traffic.rises][:2] == [0, 0.1]
    # 7 is cheap already; at 8.05 so is 8.
    assert [rise.moved for rise in traffic.rises][:2] == [0, 28]
    assert traffic.recorded == pytest.approx(0.7)


def spent(room: int, scope: str = "site", period: str = "month", key: str = "") -> Budget:
    """A dollar, and so many nano-dollars are left."""
    starts = periods.starts(timezone.now(), timezone.get_default_timezone())
    budget = Budget.objects.create(
        name="Paced", scope=scope, key=key, period=period, limit=10**9 + room
    )
    BudgetPeriod.objects.create(
        budget=budget,
        key=key,
        starts_at=starts[Period(period)],
        limit=budget.limit,
        spent=10**9,
    )
    return budget


@pytest.fixture
def three_days_ago(answered, monkeypatch) -> None:
    """A strong answer."""
    monkeypatch.setattr(told, "NOW", timezone.now() - timedelta(days=3))
    answered(10.0)


@pytest.mark.parametrize(
    ("room", "scope", "period", "key", "words"),
    [
        (1, "site", "month", "", "No threshold would make it last to the end."),
        (1, "site", "day", "", "At this pace, the budget is used up at "),
        (0, "site", "month", "", "The budget is used up."),
        (10**15, "site", "month", "", "At this pace, the budget lasts to the end."),
        (1, "site", "total", "", ""),
        (1, "tier", "month", "strong", ""),
    ],
)
def test_the_budgets_page_says_it(three_days_ago, operator, room, scope, period, key, words):
    budget = spent(room, scope, period, key)
    page = f"/admin/billing/budget/{budget.pk}/"

    asks = (
        f'hx-get="{page}lasting/" hx-trigger="load"'
        in operator.get(f"{page}change/").content.decode()
    )
    said = operator.get(f"{page}lasting/").content.decode().strip()

    assert words in said
    assert asks == bool(said) == bool(words)


@guards(
    "chatsite/tuning/threshold/recent_traffic.py",
    '    return _read(moment, policy, "d.analyzer", [], _as_counted).groups\n',
    '    own = dict(Policy.objects.values_list("pk", "threshold"))\n'
    "    alike = lambda row: _alike(row, own)\n"
    '    return _read(moment, policy, "d.analyzer", [], alike).groups\n',
)
def test_what_a_budget_raised_is_not_raised_twice(three_days_ago):
    # A score of 10 while a budget had raised the threshold to 9.5 moves above 10, not above 7.5.
    RouteDecision.objects.update(threshold=9.5)
    now = timezone.now()

    traffic = budget_outlook.traffic(hourly_spending.history("site", "", now), now)

    moved = {rise.points: rise.moved for rise in traffic.rises}
    assert (moved[0.6], moved[3.0], moved[3.1]) == (0, 0, 1)
    assert traffic.recorded == pytest.approx(1)


@guards("chatsite/tuning/threshold/replay.py", " or is_grave(self.least, policy)", "")
def test_no_rise_moves_a_danger(three_days_ago):
    RouteDecision.objects.update(score=9.0, least=8.0)
    now = timezone.now()

    traffic = budget_outlook.traffic(hourly_spending.history("site", "", now), now)

    assert {rise.moved for rise in traffic.rises} == {0}
    assert {rise.share for rise in traffic.rises} == {1.0}
