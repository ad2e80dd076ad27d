"""The admin of a model with one row: its list is that row."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

M = TypeVar("M", bound=Model)


class OneRowAdmin(admin.ModelAdmin[M]):
    """`has_add_permission` would be the usual place, and is asked by every page of the admin."""

    def _address(self, name: str, *args: Any) -> str:
        options = self.model._meta
        return reverse(f"admin:{options.app_label}_{options.model_name}_{name}", args=args)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_queryset(request).first()
        if row and self.has_view_permission(request):
            return redirect(self._address("change", row.pk))
        if not row and self.has_add_permission(request):
            return redirect(self._address("add"))
        return super().changelist_view(request, extra_context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.get_queryset(request).exists():
            return redirect(self._address("changelist"))
        return super().add_view(request, form_url, extra_context)
