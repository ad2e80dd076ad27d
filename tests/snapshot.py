"""Rows of a whole database, taken once and put back into an empty one: a tenth of making them."""

from dataclasses import dataclass
from typing import Self

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

# In every database already, an empty one too.
ALWAYS_THERE = {ContentType, Permission}


@dataclass(frozen=True, slots=True)
class Snapshot:
    rows: dict[type[models.Model], list[models.Model]]

    @classmethod
    def taken(cls) -> Self:
        tables = set(apps.get_models(include_auto_created=True)) - ALWAYS_THERE
        return cls({model: list(model._base_manager.all()) for model in tables})

    def put_back(self) -> None:
        """With the keys that they had, which no row that came in between has: none is reused."""
        with transaction.atomic():
            for model, rows in self.rows.items():
                # Triggers write some of them anew, as the articles' edition.
                model._base_manager.bulk_create(rows, ignore_conflicts=True)
