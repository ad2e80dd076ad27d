"""A provider's list of models, by their names alone."""

from collections.abc import Iterable
from datetime import datetime

from chatsite.llm import Listed
from chatsite.provider import model_list
from chatsite.provider.models import Reading


def took(names: Iterable[str], now: datetime) -> Reading:
    return model_list.took([Listed(name) for name in names], now)
