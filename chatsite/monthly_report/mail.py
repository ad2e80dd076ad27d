"""Sends the monthly report. Loads the admin, whose pages it links to: in a process of its own."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from billing.dashboard import date_ranges
from billing.dashboard.date_ranges import Span
from chatsite.monthly_report import mail_queue, month_figures, next_steps
from chatsite.monthly_report.models import ReportMail
from chatsite.shop import current_shop

logger = logging.getLogger(__name__)

State = ReportMail.State
# Longer than a try takes, and the wait after it: tried each hour, for two days.
REPORT_LEASE, MOST_TRIES = timedelta(minutes=50), 48


def deliver(now: datetime) -> int:
    """Try what is due; returns how many have arrived. Safe to run twice at once."""
    return sum(_tried(mail, now) for mail in mail_queue.due(now))


def written(span: Span, now: datetime) -> EmailMessage:
    """The mail with a month's report, without a recipient."""
    found = month_figures.read(span)
    context = {
        "month": found,
        "steps": [] if found.is_empty else next_steps.found(now),
        "days": next_steps.DAYS.days,
        "site": settings.SITE_URL,
        "url": f"{settings.SITE_URL}{reverse('monthly_report:report')}?month={span.month}",
    }
    return EmailMessage(
        subject=f"[{current_shop.name()}] Report of {found.title}",
        body=render_to_string("admin/monthly_report/mail.txt", context),
    )


def _tried(mail: ReportMail, now: datetime) -> bool:
    """Whether it has arrived by this try."""
    mine = ReportMail.objects.filter(pk=mail.pk, state=State.DUE, tries=mail.tries)
    if not mine.update(tries=F("tries") + 1, due_at=now + REPORT_LEASE):
        return False  # another process has it
    mine = ReportMail.objects.filter(pk=mail.pk, tries=mail.tries + 1)
    message = written(date_ranges.month(mail.month, timezone.get_default_timezone()), now)
    message.to = [mail.recipient]
    try:
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # The class alone: what the server says may repeat addresses.
        result = type(error).__name__
        is_over = mail.tries + 1 >= MOST_TRIES
        mine.update(state=State.GIVEN_UP if is_over else State.DUE, result=result)
        logger.warning("%s, try %d: %s", mail, mail.tries + 1, result)
        return False
    mine.update(state=State.SENT, sent_at=timezone.now(), result="sent")
    logger.info("%s is sent", mail)
    return True
