"""Celery's part: the night's learning, in a process of its own, and the judging of a sample."""

import logging
import subprocess
import sys

from celery import shared_task
from django.conf import settings

from billing import clock
from chatsite.provider.errors import NotSold
from chatsite.quality.judges import judging

logger = logging.getLogger(__name__)

# Seconds; 3,000 labels take a minute and a half on a slow core.
PATIENCE = 1800


@shared_task
def learn() -> None:
    """Run `manage.py learn`. Not in a thread here: half a minute of Python would hold the lock that
    the worker's loop needs for every token that it sends.
    """
    command = ["nice", sys.executable, "manage.py", "learn"]
    subprocess.run(command, cwd=settings.BASE_DIR, check=True, timeout=PATIENCE)  # noqa: S603


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
