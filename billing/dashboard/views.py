"""The dashboard of costs in the admin, and the same as a spreadsheet."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from billing.budgets.periods import Period
from billing.dashboard import (
    date_ranges,
    panels,
    report_filters,
    safe_csv,
    tables,
    totals,
)
from billing.dashboard.budget_gauges import Gauge, gauges
from billing.dashboard.charts import Chart, More
from billing.dashboard.date_ranges import TITLES, Preset
from billing.dashboard.report_filters import FILTERS, Asked
from billing.dashboard.totals import NUMBERS, Line
from billing.models import ConversationCost
from billing.money import dollars, shown
from billing.pacing import hourly_spending
from billing.pacing.spending_profile import Forecast

# Conversations that are named for what they cost.
MOST_EXPENSIVE = 8


@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    wanted, now = _asked(request), timezone.now()
    everything, by_day = _read(wanted, now)
    lines = [line for line in everything if wanted.holds(line)]
    found = gauges(now)
    by_tier, *charts = panels.charts(wanted, lines)
    burn_down = _burn_down(found, by_day, now)
    context = {
        **admin.site.each_context(request),
        "title": "Costs",
        "asked": wanted,
        "periods": [(period, title) for period, title in TITLES.items() if period != Preset.CUSTOM],
        "months": _months(wanted, now),
        "choices": {name: _choices(everything, name, wanted) for name in FILTERS},
        "export": f"{reverse('admin:billing_costs_export')}?{wanted.query}",
        "gauges": found,
        "today": shown(by_day[-1]),
        "month": shown(sum(by_day)),
        "charts": [by_tier, *burn_down, *charts] if lines else burn_down,
        **_spent(wanted, lines),
    }
    part = request.headers.get("HX-Request") == "true"
    template = "admin/billing/_dashboard.html" if part else "admin/billing/dashboard.html"
    response = render(request, template, context)
    # One address, two answers: going back must not show half a page.
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """A row for each step, tier, model, purpose and outcome; amounts in dollars."""
    wanted = _asked(request)
    money_of = {"amount", "estimated_amount", "compared_amount"}
    head = ["from", "to", "tier", "model", "purpose", "outcome", *NUMBERS]
    rows = (
        [
            timezone.localtime(wanted.span.steps[line.step].start).isoformat(),
            timezone.localtime(wanted.span.steps[line.step].end).isoformat(),
            line.tier,
            line.model,
            line.purpose,
            line.outcome,
            *(
                dollars(getattr(line.totals, name))
                if name in money_of
                else getattr(line.totals, name)
                for name in NUMBERS
            ),
        ]
        for line in totals.read(wanted.span.steps)
        if wanted.holds(line)
    )
    name = f"costs-{wanted.span.first}-{wanted.span.last}.csv"
    return HttpResponse(
        safe_csv.lines([head, *rows]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: HttpRequest) -> Asked:
    """Raises PermissionDenied."""
    if not request.user.has_perm("billing.view_ledgerentry"):
        raise PermissionDenied
    return report_filters.read(
        request.GET.dict(), timezone.localdate(), timezone.get_default_timezone()
    )


def _choices(lines: list[Line], name: str, wanted: Asked) -> list[str]:
    """What there is to choose from in the span; also what is chosen, if it has none of it."""
    return sorted({getattr(line, name) for line in lines} | {getattr(wanted, name)} - {""})


def _months(wanted: Asked, now: datetime) -> list[tuple[str, str]]:
    """Of the last years, the newest first; also the one that is looked at."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=date_ranges.LONGEST), today]
    if wanted.span.month:
        days.append(wanted.span.first)
    return date_ranges.months(min(days), max(days))


def _month(now: datetime) -> Asked:
    return Asked(date_ranges.month(timezone.localdate(now), timezone.get_default_timezone()))


def _read(wanted: Asked, now: datetime) -> tuple[list[Line], list[int]]:
    """The span's lines, and what this month's days so far cost, whatever is asked for."""
    days, steps = timezone.localdate(now).day, len(wanted.span.steps)
    lines, amounts = [], [0] * days
    for line in totals.read([*wanted.span.steps, *_month(now).span.steps[:days]]):
        if line.step < steps:
            lines.append(line)
        else:
            amounts[line.step - steps] += line.totals.amount
    return lines, amounts


def _burn_down(found: list[Gauge], by_day: list[int], now: datetime) -> list[Chart]:
    """Of the tightest budget that the site has for a month, if it has one."""
    monthly = [gauge for gauge in found if gauge.budget.period == Period.MONTH]
    if not monthly:
        return []
    gauge = monthly[0]
    if gauge.window is None:
        note = f"{gauge.budget}: nothing is spent yet."
        return [panels.burn_down(_month(now), gauge.limit, by_day, {}, note)]
    forecast = hourly_spending.forecast(gauge.window, now)
    coming = {point.at: (point.expected, point.low, point.high) for point in forecast.points}
    note = f"{gauge.budget}: {_in_words(forecast, gauge)} {gauge.pacing}"
    more = None
    is_spent = forecast.spent >= forecast.limit
    if (forecast.hit_at and not is_spent) or gauge.budget.paces_itself:
        part = reverse("admin:billing_budget_lasting", args=[gauge.budget.pk])
        more = More("Which threshold makes it last?", gauge.url, part)
    return [panels.burn_down(_month(now), gauge.limit, by_day, coming, note, more)]


def _in_words(forecast: Forecast, gauge: Gauge) -> str:
    limit = shown(forecast.limit)
    # A pace of which a part is from before the threshold rose.
    pace = "the pace so far" if gauge.budget.paces_itself else "this pace"
    if forecast.spent >= forecast.limit:
        return f"the {limit} are spent."
    if forecast.hit_at:
        when = formats.date_format(timezone.localtime(forecast.hit_at), "l, j F, H:i")
        return f"at {pace}, the {limit} are spent by {when}."
    return f"at {pace}, {shown(forecast.end.expected)} of {limit} will be spent by its end."


def _spent(wanted: Asked, lines: list[Line]) -> dict[str, Any]:
    total = totals.total(lines)
    saving = panels.saving(lines)
    each = totals.per_conversation(wanted.span.start, wanted.span.end)
    most_expensive = ConversationCost.objects.filter(
        last_at__gte=wanted.span.start, last_at__lt=wanted.span.end
    ).order_by("-amount")
    waste = tables.waste(wanted, lines)
    cached = total.cached_share
    return {
        "total": total,
        "spent": shown(total.amount),
        "estimated": shown(total.estimated_amount) if total.estimated_amount else "",
        "estimated_url": wanted.entries(estimated__exact="1"),
        "spent_url": wanted.entries(),
        "saving": saving,
        "saved": shown(saving.saved),
        "alone": shown(saving.alone),
        "cached_percent": None if cached is None else 100 * cached,
        "conversations": each.conversations,
        "median": shown(each.median),
        "p95": shown(each.p95),
        "most_expensive": most_expensive[:MOST_EXPENSIVE],
        "models": tables.models(wanted, lines),
        "waste": waste,
        "wasted": shown(sum(each.amount for each in waste)),
    }
