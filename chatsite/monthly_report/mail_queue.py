"""Which mails of the report have to be sent. Imports little, as the worker loads it.

A month's report is owed from the morning of the next month's first day on, in the site's time zone.
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from billing.dashboard import date_ranges
from billing.dashboard.date_ranges import Preset, Span
from billing.models import Tally
from chatsite.monthly_report.models import ReportMail

# By then the night's learning is done, and whoever reads it is at work soon.
FROM_HOUR = 7
# Days of a month in which the report of the month before is still sent.
NEWS = 7


def last_month(now: datetime) -> Span:
    return date_ranges.of(Preset.LAST, timezone.localdate(now), timezone.get_default_timezone())


def owe(now: datetime) -> int:
    """Owe the report of the month before to each address, once; returns how many mails are new.

    A site that did nothing before this month has nothing to report yet.
    """
    local = timezone.localtime(now)
    if local.day > NEWS or (local.day == 1 and local.hour < FROM_HOUR):
        return 0
    span = last_month(now)
    mails = ReportMail.objects.filter(month=span.first)
    known = set(mails.values_list("recipient", flat=True))
    new = [address for address in settings.REPORT_EMAILS if address not in known]
    if not new or not Tally.objects.filter(quarter__lt=span.end).exists():
        return 0
    owed = [ReportMail(month=span.first, recipient=address, due_at=now) for address in new]
    return len(ReportMail.objects.bulk_create(owed, ignore_conflicts=True))


def due(now: datetime) -> list[ReportMail]:
    return list(ReportMail.objects.filter(state=ReportMail.State.DUE, due_at__lte=now))
