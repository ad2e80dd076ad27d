"""The watch over costs: what the rules find becomes an alert, once, with its deliveries."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from billing.alerts import rules
from billing.alerts.models import Alert, AlertQuerySet, Delivery
from billing.alerts.rules import Finding

logger = logging.getLogger(__name__)


def look(now: datetime) -> list[Alert]:
    """Raise what operators have to know at once. Cheap enough for every minute."""
    return _raised(rules.lines(now), now)


def look_back(now: datetime) -> list[Alert]:
    """Raise what shows only in comparison with the week before."""
    return [
        *_raised(rules.forecasts(now), now),
        *_raised(rules.bounds(now), now),
        *_raised(rules.unusual_hour(now), now),
        *_raised(rules.unusual_conversations(now), now),
        *_raised(rules.unknown_models(now), now),
        *_raised(rules.bills(now), now),
    ]


def tell(finding: Finding, now: datetime) -> None:
    """What another part of the site found out about the costs."""
    _raised([finding], now)


def test(name: str, now: datetime) -> Alert:
    """A test alert, to try the channels; `name` is who asked for it."""
    text = f"{name} sent this test alert. Nothing is wrong."
    (alert,) = _raised([Finding(Alert.Rule.TEST, name, text, window=now.isoformat())], now)
    return alert


def acknowledge(alerts: AlertQuerySet, person: AbstractBaseUser) -> int:
    """The first to acknowledge is named; returns how many were open."""
    return alerts.open().update(acknowledged_at=timezone.now(), acknowledged_by=person)


def receivers() -> list[tuple[str, str]]:
    """Where alerts are sent, as the site is set up: channel, and e-mail address if it is one."""
    found = [(str(Delivery.Channel.EMAIL), address) for address in settings.ALERT_EMAILS]
    if settings.ALERT_WEBHOOK_URL:
        found.append((str(Delivery.Channel.WEBHOOK), ""))
    return found


def _raised(findings: Iterable[Finding], now: datetime) -> list[Alert]:
    """The alerts that are new; another watch may have raised the rest."""
    raised = []
    for finding in findings:
        with transaction.atomic():
            alert, new = Alert.objects.get_or_create(
                rule=finding.rule,
                subject=finding.subject[:200],
                window=finding.window,
                line=finding.line,
                defaults={
                    "text": finding.text[:300],
                    "quiet": finding.quiet,
                    "raised_at": now,
                },
            )
            if not new:
                continue
            if not finding.quiet:
                Delivery.objects.bulk_create(
                    Delivery(alert=alert, channel=channel, recipient=recipient, due_at=now)
                    for channel, recipient in receivers()
                )
        logger.warning("%s: %s", alert.reference, alert.text)
        raised.append(alert)
    return raised
