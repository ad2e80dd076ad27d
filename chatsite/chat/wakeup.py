"""Hints to the workers that a reply is due, sent without making anybody wait for the broker.

Hints that gather while one is being sent share the next Celery message: sending one costs a
millisecond, and under load most of that is saved. A hint may be lost; the sweep finds the reply.
"""

import logging
import threading
from functools import cache
from queue import SimpleQueue

from kombu.exceptions import OperationalError

from chatsite.celery import app

logger = logging.getLogger(__name__)

MOST_PER_HINT = 100


def worker(reply_id: int) -> None:
    """Wake a worker for this committed reply."""
    _queue().put(reply_id)


@cache
def _queue() -> SimpleQueue[int]:
    queue: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_send, args=[queue], name="hints", daemon=True).start()
    return queue


def _send(queue: SimpleQueue[int]) -> None:
    while True:
        reply_ids = [queue.get()]
        while len(reply_ids) < MOST_PER_HINT and not queue.empty():
            reply_ids.append(queue.get())
        try:
            # By name: a web process that imported the task would load the model's client.
            app.send_task("chatsite.chat.tasks.write_replies", [reply_ids], retry=False)
        except OperationalError as error:
            logger.warning("%d hints lost: %s", len(reply_ids), error)
