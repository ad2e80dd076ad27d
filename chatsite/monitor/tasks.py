"""Celery's part: counting answers, and finding gaps in the articles."""

from celery import shared_task
from django.utils import timezone

from chatsite.monitor import rollups
from chatsite.monitor.gaps import article_draft_call, gaps


@shared_task
def count_answers() -> None:
    """Bring the counts of the quality page up to date. Safe to repeat."""
    rollups.refresh(timezone.now())


@shared_task
def find_gaps() -> None:
    """Look for gaps in the articles anew. Safe to repeat."""
    gaps.renew(timezone.now())


@shared_task
def write_draft(draft_id: int) -> None:
    """Have the strong model write an article. Safe to repeat."""
    article_draft_call.write(draft_id)


@shared_task
def resume_drafts() -> None:
    """Find drafts that a lost hint left behind."""
    for draft_id in article_draft_call.left_behind():
        write_draft.delay(draft_id)
