"""Celery's part: the hourly look at budgets that pace themselves."""

from celery import shared_task

from billing import clock
from billing.pacing import apply_pacing


@shared_task
def pace() -> None:
    """Safe to run twice, also at once."""
    apply_pacing.look(clock.now())
