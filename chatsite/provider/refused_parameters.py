"""What models refused of our requests, kept for all workers and shown to operators."""

import logging
from collections.abc import Iterable

from django.db.models import QuerySet

from chatsite.llm import parameters
from chatsite.llm.parameters import Learned
from chatsite.provider.models import ProviderModel

logger = logging.getLogger(__name__)

# Beside the names of refused fields: its thinking comes in the text, without an opening tag.
THINKS_ALOUD = "thinks_aloud"
THINKING = "answers are shown when they are finished, because the model thinks aloud first"


def keep_news() -> None:
    """Keep what this process has found out since the last time; mostly nothing."""
    for model, learned in parameters.news().items():
        names = [*learned.refused, *([THINKS_ALOUD] if learned.thinks_aloud else [])]
        ProviderModel.objects.update_or_create(
            name=model, defaults={"adjustments": " ".join(names)}
        )
        logger.warning("%s is asked otherwise from now on: %s", model, _sentence(names))


def know(models: Iterable[ProviderModel]) -> None:
    """Apply the stored adjustments; `models` are all that have one."""
    parameters.restore(
        {model.name: _learned(model.adjustments.split()) for model in models if model.adjustments}
    )


def in_words(model: ProviderModel) -> list[str]:
    return [said for name in model.adjustments.split() if (said := _said(name))]


def forget(models: QuerySet[ProviderModel]) -> int:
    """Ask them with every field again, as after a server was updated. Returns how many change."""
    return models.exclude(adjustments="").update(adjustments="")


def _learned(names: list[str]) -> Learned:
    refused = tuple(name for name in names if parameters.is_known(name))
    return Learned(refused, thinks_aloud=THINKS_ALOUD in names)


def _sentence(names: list[str]) -> str:
    return "; ".join(_said(name) or name for name in names)


def _said(name: str) -> str:
    return THINKING if name == THINKS_ALOUD else parameters.in_words(name)
