"""Rows that code writes, as the admin shows them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class WrittenByCode(admin.ModelAdmin):  # type: ignore[type-arg]  # no [] at run time
    """Rows that are shown and never edited."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
