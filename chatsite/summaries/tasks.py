"""Celery's part: the night's conversations are sent, and what comes back is kept."""

from celery import shared_task
from django.utils import timezone

from chatsite.summaries import nightly_summaries


@shared_task
def send() -> None:
    """Queue the conversations that have ended. Safe to lose and to repeat."""
    nightly_summaries.send(timezone.now())


@shared_task
def collect() -> None:
    """Keep the summaries that have come."""
    nightly_summaries.collect()
