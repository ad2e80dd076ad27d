"""Celery's part: each hour's look whether a report is to be sent."""

from datetime import timedelta

from celery import shared_task

from billing import clock
from chatsite.monthly_report import mail_queue
from chatsite.runtime import separate_process


@shared_task
def send_report() -> None:
    """Owe the report of the month before, and send what is due. Safe to repeat."""
    now = clock.now()
    mail_queue.owe(now)
    if mail_queue.due(now):
        separate_process.run("send_report", within=timedelta(minutes=10))
