"""What a look at the provider's bill found, kept for the admin and for alerts."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from billing.bills.models import BilledDay, BillReading
from billing.bills.reconciliation import Line

READINGS_KEPT_FOR = timedelta(days=90)
FOUND = ["recorded", "billed", "unexplained", "explanation", "compared_at"]


@transaction.atomic
def keep(lines: Iterable[Line], now: datetime) -> None:
    """Store what was compared, each line in place of what was found of it before."""
    BilledDay.objects.bulk_create(
        [
            BilledDay(
                day=line.day,
                model=line.model,
                recorded=line.recorded.amount,
                billed=line.billed,
                unexplained=line.unexplained,
                explanation="\n".join(map(str, line.explanations)),
                compared_at=now,
            )
            for line in lines
        ],
        update_conflicts=True,
        unique_fields=["day", "model"],
        update_fields=FOUND,
    )
    _attempted("", now)


def failed(problem: str, now: datetime) -> None:
    """Note why the bill was not read."""
    _attempted(problem[:200], now)


def _attempted(problem: str, now: datetime) -> None:
    BillReading.objects.create(read_at=now, problem=problem)
    BillReading.objects.filter(read_at__lt=now - READINGS_KEPT_FOR).delete()
