"""Celery's part: the beat's calls to look at the costs, and to send what is due."""

from celery import shared_task
from django.utils import timezone

from billing.alerts import deliveries, raise_alerts


@shared_task
def look() -> None:
    """Raise what has to be known at once, and send it."""
    raise_alerts.look(timezone.now())
    deliveries.deliver(timezone.now())


@shared_task
def look_back() -> None:
    """Raise what is out of line with the week before; the next `look` sends it."""
    raise_alerts.look_back(timezone.now())
