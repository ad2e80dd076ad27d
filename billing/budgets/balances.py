"""Budget windows: which a call falls under, what they have left, and what is booked on them.

What every call does is plain SQL, here and in the ledger: the ORM takes 5 ms of CPU to put the
statements of one call together, ten times what they take to run.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Case, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from billing.budgets import periods
from billing.budgets.cost_saving_steps import FULL, Curve, Ladder, percent
from billing.budgets.periods import Period
from billing.errors import NoRoom
from billing.models import Budget, BudgetPeriod

# "ledg": the name of the one lock under which windows are written.
LOCK = 0x6C656467

# A budget that paces itself is looked at each hour; without a look, its ladder stands by again.
LOOKED_AT_WITHIN = timedelta(hours=2)

# The budgets that a call falls under, each with the window it counts in.
FALLS_UNDER = """
WITH
    called (scope, key) AS (
        VALUES ('site', ''), ('conversation', %s), ('visitor', %s), ('address', %s),
            ('tier', %s), ('model', %s)
    ),
    began (period, starts_at) AS (VALUES ('hour', %s), ('day', %s), ('month', %s), ('total', %s))
SELECT {columns}
FROM billing_budget b
JOIN called c ON c.scope = b.scope AND b.key IN ('', c.key)
JOIN began s ON s.period = b.period
LEFT JOIN billing_budgetperiod w
    ON w.budget_id = b.id AND w.starts_at = s.starts_at AND w.key = c.key
WHERE b.active AND (c.key <> '' OR b.scope = 'site')
ORDER BY b.id
"""
PLACES = FALLS_UNDER.format(
    columns="""b.id, b.name, b."limit", b.reserve, b.scope, b.period,
    w.id, w."limit", w.spent, w.reserved"""
)
USES = FALLS_UNDER.format(
    columns="""b.name, b.scope, b."limit", COALESCE(w.spent, 0), COALESCE(w.reserved, 0),
    b.economise_from, b.economise_by, b.economise_curve, b.cheap_only_from, b.approved_from,
    b.later_from,
    CASE WHEN b.paced_at >= s.starts_at THEN b.paced_points ELSE 0 END,
    b.paced_to_last AND b.paced_at >= s.starts_at AND b.paced_at >= %s"""
)
TAKE = """
UPDATE billing_budgetperiod SET reserved = reserved + %s
WHERE id IN ({ids}) AND spent + reserved + %s <= "limit"
"""
BOOK = """
UPDATE billing_budgetperiod
SET reserved = reserved - %s, spent = spent + %s, overrun = overrun + %s
WHERE id IN ({ids})
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """What names a call in each scope; blank: it has no name there."""

    conversation: str
    visitor: str
    tier: str
    model: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a call counts: a budget's window, which may not exist yet."""

    budget: int
    name: str
    limit: int
    reserve: int  # percent
    scope: str
    period: str
    window: int | None
    window_limit: int | None
    spent: int | None
    reserved: int | None

    def left(self, from_reserve: float) -> int:
        """What a call may use that has this share of the reserve."""
        return max(0, self.unheld(from_reserve) - (self.reserved or 0))

    def unheld(self, from_reserve: float) -> int:
        """The same, if no call were in flight."""
        kept = math.ceil(self.limit * self.reserve / FULL * (1 - from_reserve))
        return max(0, self.limit - kept - (self.spent or 0))


@dataclass(frozen=True, slots=True)
class Use:
    """How far a budget is spent, and what is to be done about it."""

    budget: str
    scope: str
    limit: int
    spent: int
    reserved: int
    ladder: Ladder
    paced_points: float  # by which the threshold is raised so that it lasts
    lasts: bool  # with that, as was found a short while ago

    @property
    def percent(self) -> float:
        return percent(self.spent, self.limit)

    @property
    def percent_held(self) -> float:
        """Including what calls in flight may cost."""
        return percent(self.spent + self.reserved, self.limit)


def lock() -> None:
    """Wait until no other transaction writes windows; held until this one ends.

    A transaction may carry many reservations, whose windows it cannot take in one order: on rows
    alone, two of them would deadlock. SQLite has one writer anyhow.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def take(keys: Keys, amount: int, now: datetime, from_reserve: float = 1.0) -> list[int]:
    """Hold so much on every budget that the call falls under; returns the ids of their windows.

    `from_reserve`: the share of what budgets keep in reserve that the call may use, 0 to 1. Under
    `lock`, in a transaction whose changes are undone when this raises NoRoom.
    """
    starts = periods.starts(now, timezone.get_default_timezone())
    places = _places(keys, starts)
    if any(place.window is None for place in places):
        _open([place for place in places if place.window is None], keys, starts)
        places = _places(keys, starts)
    ids = [place.window for place in places if place.window is not None]
    if not ids:
        return []
    if any(place.window_limit != place.limit for place in places):
        follow_limits(BudgetPeriod.objects.filter(id__in=ids))
    tightest = min(places, key=lambda place: place.left(from_reserve))
    taken = 0
    if amount <= tightest.left(from_reserve):
        with connection.cursor() as cursor:
            cursor.execute(TAKE.format(ids=_marks(ids)), [amount, *ids, amount])
            taken = cursor.rowcount
    if taken < len(places):
        unheld = min(place.unheld(from_reserve) for place in places)
        raise NoRoom(tightest.name, amount, tightest.left(from_reserve), unheld)
    return ids


def uses(keys: Keys, now: datetime) -> list[Use]:
    """Of every budget that a call with these keys would fall under, in one query."""
    starts = periods.starts(now, timezone.get_default_timezone())
    return [
        Use(
            name,
            scope,
            limit,
            spent,
            reserved,
            Ladder(begin, points, Curve(curve), *later),
            paced,
            bool(lasts),
        )
        for name, scope, limit, spent, reserved, begin, points, curve, *later, paced, lasts in (
            _falling_under(USES, keys, starts, now - LOOKED_AT_WITHIN)
        )
    ]


def book(ids: Sequence[int], held: int, amount: int) -> None:
    """Turn what was held into what was charged."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                BOOK.format(ids=_marks(ids)), [held, amount, max(0, amount - held), *ids]
            )


def follow_limits(windows: QuerySet[BudgetPeriod]) -> None:
    """Give windows the limits that their budgets have now.

    Not less than what is used already: a lower limit then grants nothing until that has shrunk.
    """
    limit = Budget.objects.filter(id=OuterRef("budget")).values("limit")
    used = F("spent") + F("reserved") - F("overrun")
    windows.update(limit=Greatest(Subquery(limit), used))


def current(now: datetime) -> Q:
    """The windows in which a call made at this time counts."""
    starts = periods.starts(now, timezone.get_default_timezone())
    return reduce(
        or_, (Q(budget__period=period, starts_at=start) for period, start in starts.items())
    )


def current_of(budget: Budget, now: datetime) -> BudgetPeriod:
    """The window of a budget of the site; unsaved where nothing was reserved in it yet."""
    starts_at = periods.starts(now, timezone.get_default_timezone())[Period(budget.period)]
    found = budget.windows.filter(starts_at=starts_at, key="").first()
    found = found or BudgetPeriod(starts_at=starts_at, limit=budget.limit)
    found.budget = budget
    return found


def began(now: datetime) -> Case:
    """When the window of a budget began in which a call made at this time counts."""
    starts = periods.starts(now, timezone.get_default_timezone())
    return Case(
        *(When(period=period, then=Value(start)) for period, start in starts.items()),
        output_field=DateTimeField(),
    )


def _places(keys: Keys, starts: Mapping[Period, datetime]) -> list[_Place]:
    """By budget, in order."""
    return [_Place(*row) for row in _falling_under(PLACES, keys, starts)]


def _falling_under(
    sql: str, keys: Keys, starts: Mapping[Period, datetime], *more: datetime
) -> list[tuple[Any, ...]]:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                keys.conversation,
                keys.visitor,
                keys.address,
                keys.tier,
                keys.model,
                *(adapt(starts[period]) for period in Period),
                *(adapt(each) for each in more),
            ],
        )
        return list(cursor.fetchall())


def _open(places: Sequence[_Place], keys: Keys, starts: Mapping[Period, datetime]) -> None:
    """Make windows; another transaction may have made the same ones."""
    BudgetPeriod.objects.bulk_create(
        [
            BudgetPeriod(
                budget_id=place.budget,
                key="" if place.scope == Budget.Scope.SITE else getattr(keys, place.scope),
                starts_at=starts[Period(place.period)],
                limit=place.limit,
            )
            for place in places
        ],
        ignore_conflicts=True,
    )


def _marks(ids: Sequence[int]) -> str:
    return ", ".join(["%s"] * len(ids))
