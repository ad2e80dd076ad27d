"""Hints to the workers that a reply is due, sent without making anybody wait for the broker.

The first goes out at once; those that follow closely share the next Celery message, because
receiving one costs a worker 1.5 ms. A hint may be lost; the sweep finds the reply.
"""

import logging
import threading
import time
from functools import cache
from queue import SimpleQueue

from kombu.exceptions import OperationalError

from chatsite.celery import app

logger = logging.getLogger(__name__)

MOST_PER_HINT = 100
# Seconds from one Celery message to the next.
APART = 0.02


def worker(reply_id: int) -> None:
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
            # By name: a web process that imported the task would load the model's client.
            app.send_task("chatsite.chat.tasks.write_replies", [reply_ids], retry=False)
        except OperationalError as error:
            logger.warning("%d hints lost: %s", len(reply_ids), error)
