"""Celery's part: the night's learning, in a process of its own, and the judging of a sample."""

import logging
from datetime import timedelta

from celery import shared_task

from billing import clock
from chatsite.provider.errors import NotSold
from chatsite.quality.judges import judging
from chatsite.runtime import separate_process

logger = logging.getLogger(__name__)


@shared_task
def learn() -> None:
    """3,000 labels take a minute and a half on a slow core."""
    separate_process.run("learn", within=timedelta(minutes=30))


@shared_task
def sample() -> None:
    """Queue a sample of the day's cheap answers to be judged."""
    try:
        judging.sample(clock.now())
    except NotSold as error:
        logger.warning("Nothing is judged: %s", error)


@shared_task
def collect_verdicts() -> None:
    """Turn the verdicts that have come into labels."""
    try:
        judging.collect()
    except NotSold as error:
        logger.warning("Some answers are not judged: %s", error)
