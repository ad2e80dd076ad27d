"""Celery's part: the beat's calls to send events."""

from celery import shared_task

from billing import clock
from chatsite.webhooks import delivery


@shared_task
def deliver() -> None:
    """Send what is due. Safe to run twice."""
    delivery.deliver(clock.now())


@shared_task
def forget() -> None:
    delivery.forget(clock.now())
