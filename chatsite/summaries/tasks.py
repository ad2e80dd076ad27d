"""Celery's part: summaries of the night, and of the moment when a person takes over."""

from celery import shared_task

from billing import clock
from chatsite.summaries import nightly_summaries, takeover_call


@shared_task
def send() -> None:
    """Queue the conversations that have ended. Safe to lose and to repeat."""
    nightly_summaries.send(clock.now())


@shared_task
def collect() -> None:
    """Keep the summaries that have come."""
    nightly_summaries.collect()


@shared_task
def summarise(conversation_id: int) -> None:
    """For whoever has just taken it over. Safe to lose and to repeat."""
    takeover_call.write(conversation_id)
