"""Hints to the workers that a reply is due, sent without making anybody wait for the broker.

The first goes out at once; those that follow closely share the next Celery message. A hint may be
lost; the sweep finds the reply.
"""

import logging
import threading
import time
from functools import cache
from queue import SimpleQueue

from django.conf import settings

from chatsite.celery import app

logger = logging.getLogger(__name__)

# By name: a web process that imported the task would load the model's client.
TASK = "chatsite.answering.tasks.write_replies"
QUEUE = settings.CELERY_TASK_DEFAULT_QUEUE
MOST_PER_HINT = 100
# Seconds from one Celery message to the next, each 1 to 2 ms of CPU.
APART = 0.02


def wake_worker(reply_id: int) -> None:
    """Wake a worker for this committed reply."""
    _queue().put(reply_id)


@cache
def _queue() -> SimpleQueue[int]:
    queue: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_send, args=[queue], name="hints", daemon=True).start()
    return queue


def _send(queue: SimpleQueue[int]) -> None:
    sent_at = 0.0
    while True:
        reply_ids = [queue.get()]
        if (wait := sent_at + APART - time.monotonic()) > 0:
            time.sleep(wait)
        while len(reply_ids) < MOST_PER_HINT and not queue.empty():
            reply_ids.append(queue.get())
        sent_at = time.monotonic()
        try:
            app.send_task(TASK, [reply_ids], queue=QUEUE, retry=False)
        except Exception:  # nobody would start another thread
            logger.exception("%d hints lost", len(reply_ids))
