"""Celery's part: the night's conversations are sent, and what comes back is kept."""

from celery import shared_task
from django.utils import timezone

from chatsite.summaries import night


@shared_task
def send() -> None:
    """Queue the conversations that have ended. Safe to lose and to repeat."""
    night.send(timezone.now())


@shared_task
def collect() -> None:
    """Keep the summaries that have come."""
    night.collect()
