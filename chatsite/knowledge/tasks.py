"""Celery's part: embeddings are made when a worker starts, after a change, and each minute."""

import logging
from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready

from chatsite.knowledge.embeddings import embedding_calls
from chatsite.knowledge.embeddings.embedding_calls import Stopped
from chatsite.knowledge.models import Import
from chatsite.runtime import separate_process

logger = logging.getLogger(__name__)

# Seconds until a worker that has just started looks: the demo model starts beside it.
AFTER_START = 3
IMPORTED_WITHIN = timedelta(hours=6)


@shared_task
def embed_articles() -> None:
    """Make the embeddings that are missing. Safe to lose, to repeat and to stop anywhere."""
    try:
        if made := embedding_calls.make():
            logger.info("%d passages and examples embedded", made)
    except Stopped as error:
        logger.warning("Articles are searched by words where they have no embedding: %s", error)


@shared_task
def import_articles() -> None:
    """Carry out what is waiting to be imported. Safe to lose, and to send twice."""
    if Import.objects.waiting().exists():
        separate_process.run("import_articles", within=IMPORTED_WITHIN)
        embed_articles.delay()


@worker_ready.connect
def _look_at_once(**_: object) -> None:
    embed_articles.apply_async(countdown=AFTER_START)
