"""The learned models that policies name, each read once in a process: their rows never change."""

import logging
from functools import lru_cache

from routing.analysis import trained_model
from routing.analysis.trained_model import BadModel, Model
from routing.checks import verifier
from routing.checks.trained_classifiers import Verifier
from routing.models import LearnedModel

logger = logging.getLogger(__name__)

# Kept in memory: what is in force, what it replaces, and what is on trial. 0.3 MB each.
MOST = 8


@lru_cache(MOST)
def analyzer(pk: int | None) -> Model | None:
    """The analyzer's model; None on the first day, and where the stored one cannot be read."""
    if pk is None:
        return None
    try:
        return trained_model.read(_text(pk))
    except BadModel as error:
        logger.error("Learned model %d is not used: %s", pk, error)
        return None


@lru_cache(MOST)
def checker(pk: int | None) -> Verifier | None:
    """The verifier's model; None on the first day, and where the stored one cannot be read."""
    if pk is None:
        return None
    try:
        return verifier.read(_text(pk))
    except BadModel as error:
        logger.error("Learned model %d is not used: %s", pk, error)
        return None


def _text(pk: int) -> str:
    return LearnedModel.objects.values_list("text", flat=True).get(pk=pk)
