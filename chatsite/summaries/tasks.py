"""Celery's part: the night's conversations are sent, and what comes back is kept."""

from celery import shared_task

from billing import clock
from chatsite.summaries import nightly_summaries


@shared_task
def send() -> None:
    """Queue the conversations that have ended. Safe to lose and to repeat."""
    nightly_summaries.send(clock.now())


@shared_task
def collect() -> None:
    """Keep the summaries that have come."""
    nightly_summaries.collect()
