"""Deliveries: claimed by one worker at a time, tried again later and later, then given up."""

import json
import logging
import smtplib
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from billing.alerts import raise_alerts, webhook
from billing.alerts.errors import NotDelivered
from billing.alerts.models import Alert, Attempt, Delivery

logger = logging.getLogger(__name__)

State = Delivery.State

# Longer than a try can take; a worker that is gone by then has died.
DELIVERY_LEASE = timedelta(minutes=5)
# Between the first two tries; then twice as long each time, up to an hour. 12 take some 5 hours.
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
MOST_TRIES = 12
# Deliveries and seconds of one round: a channel that hangs must not hold a worker's thread.
PER_ROUND = 50
ROUND = timedelta(seconds=20)


def deliver(now: datetime) -> int:
    """Try what is due; returns how many arrived. Safe to run twice at once."""
    due = Delivery.objects.filter(state=State.DUE, due_at__lte=now).order_by("due_at")
    sent = 0
    for delivery in due.select_related("alert")[:PER_ROUND]:
        if timezone.now() > now + ROUND:
            break
        sent += _tried(delivery, now)
    return sent


def _tried(delivery: Delivery, now: datetime) -> bool:
    """Whether it has arrived by this try."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.DUE, tries=delivery.tries)
    if not mine.filter(due_at__lte=now).update(tries=F("tries") + 1, due_at=now + DELIVERY_LEASE):
        return False  # another worker has it
    delivery.tries += 1
    mine = Delivery.objects.filter(pk=delivery.pk, tries=delivery.tries)
    try:
        result, arrived = _send(delivery), True
    except NotDelivered as error:
        result, arrived = str(error)[:200], False
    ended = timezone.now()
    Attempt.objects.create(delivery=delivery, at=ended, result=result)
    if arrived:
        state = State.SENT
    elif delivery.tries >= MOST_TRIES:
        state = State.GIVEN_UP
    else:
        state = State.DUE
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (delivery.tries - 1))
    mine.update(state=state, due_at=ended + wait, result=result)
    log = logger.info if arrived else logger.warning
    log("%s, try %d: %s", delivery, delivery.tries, result)
    return arrived


def _send(delivery: Delivery) -> str:
    """Raises NotDelivered."""
    if (delivery.channel, delivery.recipient) not in raise_alerts.receivers():
        raise NotDelivered("no longer configured")
    if delivery.channel == Delivery.Channel.EMAIL:
        return _mail(delivery)
    body = json.dumps(_content(delivery.alert)).encode()
    url, secret = settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET
    return webhook.post(url, secret, delivery.alert.reference, body, timezone.now())


def _mail(delivery: Delivery) -> str:
    alert = delivery.alert
    content = _content(alert)
    site = import_string(settings.NAME_OF_SITE)()
    message = EmailMessage(
        subject=f"[{site}] {alert.get_rule_display().capitalize()}",
        body=f"{content['text']}\n\nRaised {content['raised_at']}\n{content['url']}\n",
        to=[delivery.recipient],
        # One that stays through all tries; Django's own asks the name server.
        headers={"Message-ID": f"<alert.{alert.pk}.{delivery.pk}@{_host()}>"},
    )
    try:
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # Without the server's words, which may repeat what it was sent.
        raise NotDelivered(" ".join([type(error).__name__, *_codes(error)])) from error
    return "sent"


def _codes(error: Exception) -> list[str]:
    """The reply codes of a mail server that refused."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return [str(code) for code, _ in error.recipients.values()]
        case smtplib.SMTPResponseException():
            return [str(error.smtp_code)]
    return []


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _content(alert: Alert) -> dict[str, object]:
    return {
        "id": alert.reference,
        "rule": alert.rule,
        "subject": alert.subject,
        "line": alert.line,
        "text": alert.text,
        "raised_at": timezone.localtime(alert.raised_at).isoformat(timespec="seconds"),
        # Not by `reverse`, for which a worker would have to load the whole admin.
        "url": f"{settings.SITE_URL}/admin/alerts/alert/{alert.pk}/change/",
    }
