"""Celery's part: the beat's calls to look at the costs, and to send what is due."""

from celery import shared_task

from billing import clock
from billing.alerts import deliveries, raise_alerts


@shared_task
def look() -> None:
    """Raise what has to be known at once, and send it."""
    raise_alerts.look(clock.now())
    deliveries.deliver(clock.now())


@shared_task
def look_back() -> None:
    """Raise what is out of line with the week before; the next `look` sends it."""
    raise_alerts.look_back(clock.now())
