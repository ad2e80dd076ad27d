"""Celery's part: the beat's calls to go on with what is due."""

from celery import shared_task

from billing import clock
from chatsite.offline import batch_jobs


@shared_task
def advance() -> None:
    """Send, poll and collect batches. Safe to lose and to repeat."""
    batch_jobs.advance(clock.now())


@shared_task
def forget() -> None:
    """Delete what has outlived its use."""
    batch_jobs.forget(clock.now())
