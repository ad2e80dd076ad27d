"""Rows that code writes and people only read in the admin."""

from django.db.models import Model
from django.http import HttpRequest


class ReadOnly:
    """For a model admin or an inline: nobody adds, changes or deletes its rows there."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
