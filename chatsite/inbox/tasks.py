"""Celery's part: the beat's calls to tell the team who waits."""

from celery import shared_task

from billing import clock
from chatsite.inbox import notify


@shared_task
def tell_team() -> None:
    """Owe what nobody has been told of, and send what is due. Safe to run twice."""
    notify.look(clock.now())
    notify.deliver(clock.now())
