"""Proof that every budget window equals the ledger."""

from dataclasses import dataclass

from django.db import connection

from billing.models import BudgetPeriod

# One statement sees one state of the database, whatever is charged meanwhile.
DIFFERENCES = """
SELECT id, SUM(has_spent), SUM(has_reserved), SUM(has_overrun), SUM(spent), SUM(reserved),
    SUM(overrun)
FROM (
    SELECT id, spent AS has_spent, reserved AS has_reserved, overrun AS has_overrun,
        0 AS spent, 0 AS reserved, 0 AS overrun
    FROM billing_budgetperiod
    UNION ALL
    SELECT CAST(ids.value AS BIGINT), 0, 0, 0, amount, 0,
        CASE WHEN amount > reserved THEN amount - reserved ELSE 0 END
    FROM billing_ledgerentry, {each}(windows) AS ids
    UNION ALL
    SELECT CAST(ids.value AS BIGINT), 0, 0, 0, 0, amount, 0
    FROM billing_hold, {each}(windows) AS ids
) AS booked
GROUP BY id
HAVING SUM(has_spent) <> SUM(spent)
    OR SUM(has_reserved) <> SUM(reserved)
    OR SUM(has_overrun) <> SUM(overrun)
ORDER BY id
"""
EACH = {"sqlite": "json_each", "postgresql": "jsonb_array_elements_text"}


@dataclass(frozen=True, slots=True)
class Booked:
    """Nano-dollars on one window."""

    spent: int
    reserved: int
    overrun: int


@dataclass(frozen=True, slots=True)
class Difference:
    window: str
    says: Booked
    ledger: Booked


def differences() -> list[Difference]:
    """Windows that differ from the entries and holds that name them."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCES.format(each=EACH[connection.vendor]))
        rows = [[int(value) for value in row] for row in cursor.fetchall()]
    names = {
        window.pk: str(window)
        for window in BudgetPeriod.objects.select_related("budget").filter(
            id__in=[row[0] for row in rows]
        )
    }
    return [
        Difference(
            names.get(window, f"budget period {window}, which does not exist"),
            Booked(*row[:3]),
            Booked(*row[3:]),
        )
        for window, *row in rows
    ]
