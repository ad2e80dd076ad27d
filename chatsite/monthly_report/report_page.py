"""The report of a month in the admin, to read and to print."""

from datetime import datetime, timedelta

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.dashboard import date_ranges, report_filters
from billing.dashboard.date_ranges import Preset, Span
from chatsite.monthly_report import mail_queue, month_figures, next_steps
from chatsite.monthly_report.models import ReportMail

SEES = ["chat.view_conversation", "billing.view_ledgerentry"]


@require_GET
@permission_required(SEES, raise_exception=True)
def report(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    span = _span(request, now)
    today = timezone.localdate(now)
    found = month_figures.read(span)
    context = {
        **admin.site.each_context(request),
        "title": f"Report of {found.title}",
        "month": found,
        "is_running": span.last >= today,
        "months": date_ranges.months(
            min(span.first, today - timedelta(days=date_ranges.LONGEST)), today
        ),
        "this_month": f"{today:%Y-%m}",
        "steps": [] if found.is_empty else next_steps.found(now),
        "days": next_steps.DAYS.days,
        "mails": ReportMail.objects.filter(month=span.first),
    }
    return render(request, "admin/monthly_report/report.html", context)


def _span(request: HttpRequest, now: datetime) -> Span:
    """The whole month that the address names; else the one before this."""
    asked = request.GET.get("month", "")
    if not asked:
        return mail_queue.last_month(now)
    zone, today = timezone.get_default_timezone(), timezone.localdate(now)
    span = report_filters.read({"period": Preset.CUSTOM, "month": asked}, today, zone).span
    return span if span.is_whole_month else mail_queue.last_month(now)
