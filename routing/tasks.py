"""Celery's part: task types are learned beside the work, once their examples have changed."""

from celery import shared_task
from celery.signals import worker_ready

from routing import library


@shared_task
def learn_task_types() -> None:
    """Safe to lose: the beat asks again. Safe to repeat: the same examples are learned once."""
    library.learn()


@worker_ready.connect
def _learn_at_once(**_: object) -> None:
    """A new site does not wait for the beat."""
    learn_task_types.delay()
