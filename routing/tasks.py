"""Celery's part: task types are learned beside the work, and the scale follows the messages."""

import subprocess
import sys

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from routing import stored_site_profile
from routing.task_types import library

# Seconds; 150 types of 100 examples take half a minute on a slow core.
PATIENCE = 600


@shared_task
def learn_task_types() -> None:
    """Run `manage.py learn_task_types` where there is anything to learn. Not in a thread here: all
    the while, it would hold the lock that the worker's loop needs for every token that it sends.

    Safe to lose: the beat asks again. Safe to repeat: the same examples are learned once.
    """
    if not library.is_learned():
        command = ["nice", sys.executable, "manage.py", "learn_task_types"]
        subprocess.run(command, cwd=settings.BASE_DIR, check=True, timeout=PATIENCE)  # noqa: S603


@shared_task
def rescale() -> None:
    """Let the site's own messages move the scale of scores. Safe to lose and to repeat."""
    stored_site_profile.rescale()


@worker_ready.connect
def _learn_at_once(**_: object) -> None:
    """A new site does not wait for the beat."""
    learn_task_types.delay()
