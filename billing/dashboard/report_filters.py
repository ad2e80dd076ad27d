"""What somebody wants to see of the costs, as the address says it: a span and filters."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from billing.dashboard import date_ranges
from billing.dashboard.date_ranges import Preset, Span
from billing.dashboard.totals import Line

# By a line's field: the lookup of the ledger's list that finds the same entries.
LOOKUPS = {
    "tier": "tier",
    "model": "model_requested",
    "purpose": "purpose__exact",
    "outcome": "outcome",
}
FILTERS = ("tier", "model", "purpose")


@dataclass(frozen=True, slots=True)
class Asked:
    span: Span
    tier: str = ""
    model: str = ""
    purpose: str = ""

    def holds(self, line: Line) -> bool:
        return all(getattr(self, name) in {"", getattr(line, name)} for name in FILTERS)

    @property
    def filters(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in FILTERS if getattr(self, name)}

    @property
    def query(self) -> str:
        """The address that asks for this."""
        return urlencode({**self._named_span, **self.filters})

    @property
    def span_query(self) -> str:
        """The same, whatever the filters."""
        return urlencode(self._named_span)

    @property
    def _named_span(self) -> dict[str, str]:
        named = {"period": str(self.span.period)}
        if self.span.period == Preset.CUSTOM:
            named |= {"from": self.span.first.isoformat(), "to": self.span.last.isoformat()}
        return named

    def over(self, span: Span) -> "Asked":
        return replace(self, span=span)

    def entries(self, step: date_ranges.Step | None = None, **fields: str) -> str:
        """Where the rows behind a number are listed: of the span or one step, and these fields."""
        lookups = {
            "called_at__gte": (step or self.span).start.isoformat(),
            "called_at__lt": (step or self.span).end.isoformat(),
        }
        for name, value in {**self.filters, **fields}.items():
            lookups[LOOKUPS.get(name, name)] = value
        return f"{reverse('admin:billing_ledgerentry_changelist')}?{urlencode(lookups)}"


def read(query: Mapping[str, str], today: date, zone: tzinfo) -> Asked:
    """What the address asks for; invalid values are ignored."""
    return Asked(_span(query, today, zone), **{name: query.get(name, "") for name in FILTERS})


def _span(query: Mapping[str, str], today: date, zone: tzinfo) -> Span:
    with contextlib.suppress(ValueError):
        period = Preset(query.get("period", ""))
        if period != Preset.CUSTOM:
            return date_ranges.of(period, today, zone)
        if query.get("month"):
            return date_ranges.month(_day(f"{query['month']}-01", today), zone)
        first, last = _day(query.get("from", ""), today), _day(query.get("to", ""), today)
        return date_ranges.between(period, first, last, zone)
    return date_ranges.of(Preset.MONTH_LONG, today, zone)


def _day(text: str, today: date) -> date:
    """Raises ValueError; not so far away that a zone or a sum could not follow."""
    day = date.fromisoformat(text)
    if not 2000 <= day.year <= today.year + 1:
        raise ValueError(text)
    return day
