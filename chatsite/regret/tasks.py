"""Celery's part: the nightly look at what was learned and accepted."""

from celery import shared_task

from billing import clock
from chatsite.regret import broken_promises


@shared_task
def look_for_broken_promises() -> None:
    """Raise an alert for what was learned and does worse than promised. Safe to repeat."""
    broken_promises.look(clock.now())
