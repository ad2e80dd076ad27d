"""Celery's part: the beat's calls to go on with what is due."""

from celery import shared_task

from billing import clock
from chatsite.offline import jobs


@shared_task
def advance() -> None:
    """Send, poll and collect batches. Safe to lose and to repeat."""
    jobs.advance(clock.now())


@shared_task
def forget() -> None:
    """Delete what has outlived its use."""
    jobs.forget(clock.now())
