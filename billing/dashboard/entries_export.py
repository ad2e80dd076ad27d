"""The ledger's entries as a spreadsheet, however many."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from billing.dashboard import safe_csv
from billing.models import LedgerEntry
from billing.money import dollars

# By the primary key from one part to the next: none reads again what those before it have read. The
# first is small, so that it is soon there.
FIRST_ROWS, ROWS_AT_ONCE = 500, 5_000
WORDS = ["reference", "purpose", "outcome", "tier", "conversation", "visitor"]
MODELS = ["model_requested", "model_returned", "service_tier", "request_id"]
TIMES = ["called_at", "settled_at"]
TOKENS = ["input", "cached", "cache_write", "output", "reasoning"]
MARKS = ["estimated", "price_assumed"]
AMOUNTS = ["amount", "reserved", "compared_amount"]
COLUMNS = [*WORDS, *MODELS, *TIMES, *(f"{name}_tokens" for name in TOKENS), *MARKS, *AMOUNTS]


def lines(entries: QuerySet[LedgerEntry]) -> Iterator[str]:
    """The newest first; amounts in dollars, blank where they are not known."""
    return safe_csv.lines(_rows(entries))


def _rows(entries: QuerySet[LedgerEntry]) -> Iterator[Sequence[object]]:
    yield COLUMNS
    newest = entries.order_by("-id").values_list("id", *COLUMNS)
    part = list(newest[:FIRST_ROWS])
    while part:
        for _, *values in part:
            yield [_cell(name, value) for name, value in zip(COLUMNS, values, strict=True)]
        last = part[-1][0]
        part = list(newest.filter(id__lt=last)[:ROWS_AT_ONCE])


def _cell(name: str, value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="milliseconds")
    if name in AMOUNTS and isinstance(value, int):
        return dollars(value)
    return "" if value is None else value
