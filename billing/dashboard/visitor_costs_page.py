"""The list of visitors by what they cost, in the admin and as a spreadsheet."""

from dataclasses import dataclass
from decimal import Decimal

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.dashboard import (
    downloads,
    report_filters,
    safe_csv,
    visitor_costs,
)
from billing.dashboard.budget_gauges import allowances
from billing.dashboard.date_ranges import TITLES, Preset, Span
from billing.dashboard.visitor_costs import MOST_LISTED, SORTS, Visitor
from billing.money import dollars, nano, shown

ON_A_PAGE = 50
LINES = ("0.01", "0.10", "1.00", "10.00")  # dollars
HEAD = ["visitor", "conversations", "calls", "dollars", "last call"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """As the address says it; invalid values are ignored."""

    span: Span
    sort: str
    beginning: str
    cost: str  # of LINES, or blank

    @classmethod
    def of(cls, request: HttpRequest) -> "Wanted":
        """Raises PermissionDenied."""
        if not request.user.has_perm("billing.view_ledgerentry"):
            raise PermissionDenied
        query = request.GET
        span = report_filters.read(
            query.dict(), timezone.localdate(), timezone.get_default_timezone()
        ).span
        sort, cost = query.get("sort", ""), query.get("cost", "")
        return cls(
            span,
            sort if sort.removeprefix("-") in SORTS else "-cost",
            query.get("q", "").strip().replace("\0", ""),
            cost if cost in LINES else "",
        )

    def listed(self) -> list[Visitor]:
        at_least = nano(Decimal(self.cost)) if self.cost else 0
        return visitor_costs.listed(
            self.span, self.sort, beginning=self.beginning, at_least=at_least
        )


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    sort: str  # what a click sorts by
    sorted: str  # as aria-sort says it; blank where it is not


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    wanted = Wanted.of(request)
    found = wanted.listed()
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    used = allowances([visitor.key for visitor in page], timezone.now())
    titles = {
        "cost": "Cost",
        "conversations": "Conversations",
        "charged": "Calls",
        "active": "Last call",
    }
    context = {
        **admin.site.each_context(request),
        "title": "Visitors",
        "wanted": wanted,
        "periods": [(period, title) for period, title in TITLES.items() if period != Preset.CUSTOM],
        "lines": [(line, shown(nano(Decimal(line)))) for line in LINES],
        "columns": {sort: _column(sort, title, wanted.sort) for sort, title in titles.items()},
        "page": page,
        "rows": [(visitor, used[visitor.key]) for visitor in page],
        "is_cut": len(found) == MOST_LISTED,
    }
    return render(request, "admin/billing/visitors.html", context)


@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the list lists."""
    wanted = Wanted.of(request)
    rows = (
        [
            visitor.key,
            visitor.conversations,
            visitor.calls,
            dollars(visitor.amount),
            timezone.localtime(visitor.active_at).isoformat(timespec="seconds"),
        ]
        for visitor in wanted.listed()
    )
    name = f"visitors-{wanted.span.first}-{wanted.span.last}.csv"
    return downloads.spreadsheet(request, name, safe_csv.lines([HEAD, *rows]))


def _column(sort: str, title: str, now: str) -> Column:
    if now.removeprefix("-") != sort:
        return Column(title, f"-{sort}", "")
    down = now.startswith("-")
    return Column(title, sort if down else f"-{sort}", "descending" if down else "ascending")
