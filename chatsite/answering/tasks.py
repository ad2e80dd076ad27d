"""Celery's part: hints that wake the writer, and the sweep that makes them dispensable."""

import logging
from functools import cache

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown
from django.conf import settings

from billing import clock
from chatsite.answering import queue
from chatsite.answering.canned import saved_answers
from chatsite.answering.warm_up import warm_up
from chatsite.answering.writer.answer_writing_thread import WriterThread
from chatsite.chat import change_announcements
from chatsite.provider import model_list
from routing.analysis import cached_scores

logger = logging.getLogger(__name__)


@cache
def _writer() -> WriterThread:
    """This process's writer."""
    return WriterThread()


@shared_task
def write_replies(reply_ids: list[int]) -> None:
    """Hint that these replies are due. Safe to lose, to repeat and to deliver anywhere."""
    _writer().writer.wake(*reply_ids)


@shared_task
def sweep() -> None:
    """Find what nobody is writing although it is due; end what is overdue."""
    if _writer.cache_info().currsize:
        _writer().writer.swept()
    due, ended = queue.recover()
    if due:
        logger.info("%d replies are due", len(due))
        write_replies.delay(due)
    for change in ended:
        change_announcements.announce(change)


@shared_task
def forget() -> None:
    """Delete what has outlived its use."""
    cached_scores.forget(clock.now())
    saved_answers.forget(clock.now())
    model_list.forget(clock.now())


@worker_init.connect
def _start(**_: object) -> None:
    """Before Redis is asked for anything, as it may be away: the writer then looks by itself."""
    warm_up()
    _writer()


@worker_ready.connect
def _look_at_once(**_: object) -> None:
    """A worker that starts after a crash does not wait for the next sweep."""
    sweep.delay()


@worker_shutdown.connect
def _drain(**_: object) -> None:
    """SIGTERM: Celery has stopped taking hints; the open answers are finished first."""
    if _writer.cache_info().currsize:
        _writer().stop(patience=settings.DRAIN_SECONDS)
