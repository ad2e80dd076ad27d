"""The provider's bill beside the ledger: read for the days that are asked for, and each night."""

import logging
from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from billing.bills import bill_comparisons, reconciliation
from billing.bills.reconciliation import Line
from chatsite.llm import UpstreamError, costs_endpoint

logger = logging.getLogger(__name__)

# Days that are compared, up to yesterday: figures of the newest come late, and ours may be
# corrected.
DAYS = 7


def compared(first: date, last: date, today: date, project: str = "") -> list[Line]:
    """The days from `first` to `last`, in UTC, each difference explained. Raises UpstreamError."""
    billed = {each.day: each.billed for each in costs_endpoint.daily(first, last, project)}
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return reconciliation.compare(billed, reconciliation.recorded(first, last), days, today)


def night(now: datetime) -> bool:
    """Compare the newest closed days and keep what was found; false where it is to be tried again.

    Without an admin key there is nothing to do.
    """
    if not settings.OPENAI_ADMIN_KEY:
        return True
    today = now.astimezone(UTC).date()
    try:
        lines = compared(today - timedelta(days=DAYS), today - timedelta(days=1), today)
    except UpstreamError as error:
        logger.warning("The provider's bill is not read: %s", error)
        bill_comparisons.failed(str(error), now)
        return False
    bill_comparisons.keep(lines, now)
    odd = sum(line.unexplained != 0 for line in lines)
    logger.info("Bill of %d days compared: %d of %d lines differ", DAYS, odd, len(lines))
    return True
