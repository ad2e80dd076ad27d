"""The quality page in the admin, its spreadsheet, and the answers behind each number."""

from bisect import bisect_right
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import Value
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from billing.dashboard import safe_csv
from billing.dashboard.date_ranges import TITLES, Preset
from chatsite.knowledge.models import Article
from chatsite.monitor import answers_page, quality_charts, quality_figures, quality_sums
from chatsite.monitor.grading import grading
from chatsite.monitor.models import Refresh
from chatsite.monitor.quality_sums import NAMES, Asked
from chatsite.staff.paging import FirstPages
from routing.models import Policy

SEES = "chat.view_conversation"
ON_A_PAGE = 50


@require_GET
@permission_required(SEES, raise_exception=True)
def quality(request: HttpRequest) -> HttpResponse:
    wanted = _asked(request)
    found = quality_sums.read(wanted)
    context = {
        **admin.site.each_context(request),
        "title": "Quality",
        "asked": wanted,
        "periods": [(period, title) for period, title in TITLES.items() if period != Preset.CUSTOM],
        "choices": quality_sums.choices(wanted),
        "export": f"{reverse('monitor:export')}?{wanted.query}",
        "figures": quality_figures.figures(wanted, found),
        "charts": quality_charts.charts(wanted, found, changes(wanted))
        if found.total.answers
        else [],
        "total": found.total,
        "counted_at": Refresh.objects.filter(id=1).values_list("at", flat=True).first(),
        "trust": grading.trust(),
    }
    part = request.headers.get("HX-Request") == "true"
    template = "admin/monitor/_quality.html" if part else "admin/monitor/quality.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
@permission_required(SEES, raise_exception=True)
def export(request: HttpRequest) -> HttpResponse:
    """A row for each step of the period; counts, and judged grades as sums."""
    wanted = _asked(request)
    found = quality_sums.read(wanted)
    rows = (
        [
            timezone.localtime(step.start).isoformat(),
            timezone.localtime(step.end).isoformat(),
            *(getattr(sums, name) for name in NAMES),
        ]
        for step, sums in zip(wanted.span.steps, found.steps, strict=True)
    )
    name = f"quality-{wanted.span.first}-{wanted.span.last}.csv"
    return HttpResponse(
        safe_csv.lines([["from", "to", *NAMES], *rows]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
@permission_required(SEES, raise_exception=True)
def listed(request: HttpRequest) -> HttpResponse:
    """The answers behind one number, newest first."""
    try:
        start, end = (datetime.fromisoformat(request.GET.get(name, "")) for name in ("from", "to"))
        kind = answers_page.KINDS[request.GET.get("what", "")]
    except (KeyError, ValueError):
        return HttpResponseBadRequest("The address does not name a period and a kind of answers.")
    if timezone.is_naive(start) or timezone.is_naive(end):
        return HttpResponseBadRequest("The period needs a time zone.")
    found = answers_page.between(start, end, kind, request.GET.dict())
    page = FirstPages(found, ON_A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": kind.title,
        "page": page,
        "rows": answers_page.described(page.object_list),
        "start": start,
        "end": end,
        "query": request.GET.copy(),
    }
    return render(request, "admin/monitor/answers.html", context)


def changes(wanted: Asked) -> dict[int, str]:
    """By step, which policy versions came into force and that articles were edited."""
    starts = [step.start for step in wanted.span.steps]
    within = {"gte": wanted.span.start, "lt": wanted.span.end}
    notes: dict[int, list[str]] = {}
    versions = Policy.objects.filter(**{f"created_at__{name}": at for name, at in within.items()})
    edited = Article.objects.filter(**{f"updated_at__{name}": at for name, at in within.items()})
    edits = edited.annotate(policy=Value(0)).values_list("policy", "updated_at")
    found = versions.order_by().values_list("version", "created_at").union(edits.order_by())
    for version, at in sorted(found):
        said = notes.setdefault(bisect_right(starts, at) - 1, [])
        what = f"policy {version}" if version else "articles edited"
        if what not in said:
            said.append(what)
    return {number: ", ".join(said) for number, said in notes.items()}


def _asked(request: HttpRequest) -> Asked:
    return quality_sums.asked(
        request.GET.dict(), timezone.localdate(), timezone.get_default_timezone()
    )
