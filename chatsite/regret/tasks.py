"""Celery's part: the nightly look at what was learned and accepted."""

from celery import shared_task

from billing import clock
from chatsite.regret import failed_proposals


@shared_task
def look_for_broken_promises() -> None:
    """Raise an alert for what was learned and does worse than promised. Safe to repeat."""
    failed_proposals.look(clock.now())
