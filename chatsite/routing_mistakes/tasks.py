"""Celery's part: the nightly looks at the router's mistakes and at accepted proposals."""

import logging

from celery import shared_task

from billing import clock
from billing.errors import NoPrice
from chatsite.routing_mistakes import failed_proposals, nightly_findings

logger = logging.getLogger(__name__)


@shared_task
def look_for_broken_promises() -> None:
    """Raise an alert for what was learned and does worse than promised. Safe to repeat."""
    failed_proposals.look(clock.now())


@shared_task
def find_mistakes() -> None:
    """Work out the page of routing mistakes anew. Safe to repeat."""
    try:
        nightly_findings.renew(clock.now())
    except NoPrice as error:
        logger.warning("Routing mistakes cannot be worked out: %s", error)
