"""Celery's part: the beat's question whether anybody works."""

from celery import shared_task

from chatsite.operations import readiness


@shared_task
def canary() -> None:
    readiness.sing()
