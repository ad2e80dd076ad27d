"""What the lists of this app share: columns in dollars, and rows that nobody edits."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from billing.money import exact, shown


def dollars(
    name: str, label: str = "", ordering: str | Combinable = ""
) -> Callable[[Any, Model], str | None]:
    """A column of a model admin for an amount."""

    @admin.display(description=label or name, ordering=ordering or name)
    def column(_: Any, row: Model) -> str | None:
        value = getattr(row, name)
        return None if value is None else shown(value)

    return column


def rate(name: str, label: str = "") -> Callable[[Any, Model], str | None]:
    """A column for a price, which is shown to the last digit."""

    @admin.display(description=label or name, ordering=name)
    def column(_: Any, row: Model) -> str | None:
        value = getattr(row, name)
        return None if value is None else exact(value)

    return column


class NotChanged:
    """Rows that stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(NotChanged):
    """Rows that code writes and people only read."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
