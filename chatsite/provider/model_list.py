"""The provider's list of models: read, believed as far as it makes sense, and kept."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from chatsite import llm
from chatsite.llm import Listed
from chatsite.provider import known_models
from chatsite.provider.model_choice import model_adoption
from chatsite.provider.models import ProviderModel, Reading
from routing import policies

logger = logging.getLogger(__name__)

# Seconds.
READ_WITHIN = 20.0
# How long readings are kept, to find out later what happened.
LISTS_KEPT_FOR = timedelta(days=90)
# Of the largest resellers, a list has some hundreds.
MOST_MODELS = 10_000


def read(now: datetime) -> Reading:
    """Ask the provider which models it has; a list that makes no sense changes nothing."""
    try:
        models = asyncio.run(_models())
    except llm.UpstreamError as error:
        logger.warning("The list of models is not read: %s", error)
        return Reading.objects.create(read_at=now, problem=f"It could not be read ({error}).")
    return took(models, now)


def took(models: Iterable[Listed], now: datetime) -> Reading:
    """Note what a list names."""
    named = {
        model.name: model
        for model in models
        if 0 < len(model.name) <= 100 and model.name.isprintable()
    }
    listed = set(named)
    problem = ""
    if len(listed) <= MOST_MODELS:
        model_adoption.first_pair(listed, now)
    used = policies.current().models
    if len(listed) > MOST_MODELS:
        problem = "It has more models than any provider offers."
    elif not listed & used:
        # No tier is taken down because a proxy has a page of its own at this address.
        problem = f"It lists {len(listed)} models and none that the policy names."
    if problem:
        logger.warning("The list of models is not believed: %s", problem)
        return Reading.objects.create(read_at=now, listed=len(listed), problem=problem)
    with transaction.atomic():
        for says in (False, True):
            rows = [_row(named[name], now) for name in sorted(listed)]
            # A context that the list leaves out stays as it is known here.
            ProviderModel.objects.bulk_create(
                [row for row in rows if (named[row.name].context is not None) is says],
                update_conflicts=True,
                unique_fields=["name"],
                update_fields=["listed_at", "missing_since", *(["context"] if says else [])],
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
    return Reading.objects.filter(read_at__lt=now - LISTS_KEPT_FOR).delete()[0]


def _row(model: Listed, now: datetime) -> ProviderModel:
    known = known_models.of(model.name)
    return ProviderModel(
        name=model.name,
        listed_at=now,
        context=model.context or (known.context if known else None),
        shuts_down_on=model.shuts_down_on or (known.shuts_down_on if known else None),
    )


async def _models() -> list[Listed]:
    try:
        return await llm.models(READ_WITHIN)
    finally:
        await llm.close()
