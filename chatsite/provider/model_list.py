"""The provider's list of models: read, believed as far as it makes sense, and kept."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from chatsite import llm
from chatsite.provider.models import ProviderModel, Reading
from routing import policies

logger = logging.getLogger(__name__)

# Seconds.
READ_WITHIN = 20.0
# Readings are for whoever wonders what happened.
KEPT = timedelta(days=90)
# Of the largest resellers, a list has some hundreds.
MOST_MODELS = 10_000


def read(now: datetime) -> Reading:
    """Ask the provider which models it has; a list that makes no sense changes nothing."""
    try:
        names = asyncio.run(_names())
    except llm.UpstreamError as error:
        logger.warning("The list of models is not read: %s", error)
        return Reading.objects.create(read_at=now, problem=f"It could not be read ({error}).")
    return took(names, now)


def took(names: Iterable[str], now: datetime) -> Reading:
    """Note what a list names."""
    listed = {name for name in names if 0 < len(name) <= 100 and name.isprintable()}
    used = policies.current().models
    problem = ""
    if len(listed) > MOST_MODELS:
        problem = "It lists more models than any provider has."
    elif not listed & used:
        # No tier is taken down because a proxy has a page of its own at this address.
        problem = f"It lists {len(listed)} models and none that the policy names."
    if problem:
        logger.warning("The list of models is not believed: %s", problem)
        return Reading.objects.create(read_at=now, listed=len(listed), problem=problem)
    with transaction.atomic():
        ProviderModel.objects.bulk_create(
            [ProviderModel(name=name, listed_at=now) for name in sorted(listed)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["listed_at", "missing_since"],
        )
        ProviderModel.objects.bulk_create(
            [ProviderModel(name=name) for name in sorted(used - listed)], ignore_conflicts=True
        )
        missing = ProviderModel.objects.filter(missing_since=None).exclude(listed_at=now)
        missing.update(missing_since=now)
        reading = Reading.objects.create(read_at=now, listed=len(listed))
    logger.info("The provider lists %d models, and not %s", len(listed), sorted(used - listed))
    return reading


def forget(now: datetime) -> int:
    """Delete readings that are too old to keep, and return how many."""
    return Reading.objects.filter(read_at__lt=now - KEPT).delete()[0]


async def _names() -> list[str]:
    try:
        return await llm.models(READ_WITHIN)
    finally:
        await llm.close()
