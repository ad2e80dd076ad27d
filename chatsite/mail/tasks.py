"""Celery's part: the beat's calls to send what people wrote, and to read what came back."""

import logging

from celery import shared_task
from django.conf import settings

from billing import clock
from chatsite.mail import receiving, sending

logger = logging.getLogger(__name__)


@shared_task
def send_answers() -> None:
    """Owe what nobody was mailed, and send what is due. Safe to run twice."""
    if settings.REPLY_ADDRESS:
        sending.look(clock.now())
        sending.send(clock.now())


@shared_task
def fetch_mail() -> None:
    """Read what customers replied. Safe to repeat."""
    if settings.REPLY_ADDRESS and settings.IMAP:
        try:
            receiving.fetch()
        except receiving.Unreachable as error:
            logger.warning("%s", error)
