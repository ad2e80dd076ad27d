"""Prices: typed once, never edited."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.admin.columns import NotChanged, dollars
from billing.forms import PriceForm
from billing.models import Price


@admin.register(Price)
class PriceAdmin(NotChanged, admin.ModelAdmin):  # type: ignore[type-arg]  # no [] at run time
    form = PriceForm

    input_dollars = dollars("input", "input, per million tokens")
    cached_input_dollars = dollars("cached_input", "cached input")
    cache_write_dollars = dollars("cache_write", "cache write")
    output_dollars = dollars("output")

    list_display = [
        "model",
        "service_tier",
        "effective_from",
        "input_dollars",
        "cached_input_dollars",
        "cache_write_dollars",
        "output_dollars",
        "source",
    ]
    list_filter = ["service_tier"]
    search_fields = ["model"]
    date_hierarchy = "effective_from"

    def get_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        if obj is None:
            return [*PriceForm.Meta.fields, "confirmed"]
        return self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        return [] if obj is None else self.list_display
