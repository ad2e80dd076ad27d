"""The page of people beside that of answers, and its spreadsheet."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.dashboard import report_filters, safe_csv
from billing.dashboard.date_ranges import TITLES, Preset
from chatsite.monitor.people import staff_figures
from chatsite.monitor.people.staff_figures import NAMES, People
from chatsite.monitor.quality_page import SEES


@require_GET
@permission_required(SEES, raise_exception=True)
def shown(request: HttpRequest) -> HttpResponse:
    wanted = _asked(request)
    found = staff_figures.read(wanted.span)
    context = {
        **admin.site.each_context(request),
        "title": "People",
        "asked": wanted,
        "periods": [(period, title) for period, title in TITLES.items() if period != Preset.CUSTOM],
        "total": found.total,
        "tables": [
            ("by-time", wanted.span.each, [each for each in found.steps if not each.is_empty]),
            ("by-person", "Person", found.persons),
        ],
        "export": f"{reverse('monitor:people_export')}?{wanted.span_query}",
    }
    return render(request, "admin/monitor/people.html", context)


@require_GET
@permission_required(SEES, raise_exception=True)
def export(request: HttpRequest) -> HttpResponse:
    """A row for each step of the period, then one for each person; times in seconds."""
    span = _asked(request).span
    found = staff_figures.read(span)
    steps = [
        ["time", timezone.localtime(step.start).isoformat(), *_cells(sums)]
        for step, sums in zip(span.steps, found.steps, strict=True)
    ]
    persons = [["person", sums.name, *_cells(sums)] for sums in found.persons]
    name = f"people-{span.first}-{span.last}.csv"
    return HttpResponse(
        safe_csv.lines([["of", "name", *NAMES], *steps, *persons]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(sums: People) -> list[object]:
    values = [getattr(sums, name) for name in NAMES]
    return ["" if value is None else round(value) for value in values]


def _asked(request: HttpRequest) -> report_filters.Asked:
    return report_filters.read(
        request.GET.dict(), timezone.localdate(), timezone.get_default_timezone()
    )
