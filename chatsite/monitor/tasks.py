"""Celery's part: the look at what answers came to."""

from celery import shared_task
from django.utils import timezone

from chatsite.monitor import rollups


@shared_task
def count_answers() -> None:
    """Bring the counts of the quality page up to date. Safe to repeat."""
    rollups.refresh(timezone.now())
