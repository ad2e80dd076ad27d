"""Prices: typed once, never edited."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from billing.admin.columns import NotChanged, rate
from billing.admin.forms import PriceForm
from billing.models import Price


@admin.register(Price)
class PriceAdmin(NotChanged, admin.ModelAdmin):  # type: ignore[type-arg]  # no [] at run time
    form = PriceForm

    input_dollars = rate("input", "input, per million tokens")
    cached_input_dollars = rate("cached_input", "cached input")
    cache_write_dollars = rate("cache_write", "cache write")
    output_dollars = rate("output")

    list_display = [
        "model",
        "service_tier",
        "effective_from",
        "input_dollars",
        "cached_input_dollars",
        "cache_write_dollars",
        "output_dollars",
    ]
    # Where a price is from may be a sentence.
    readonly_fields: ClassVar[Any] = [*list_display, "source"]
    list_filter = ["service_tier"]
    search_fields = ["model"]
    date_hierarchy = "effective_from"

    def get_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        if obj is None:
            return [*PriceForm.Meta.fields, "confirmed"]
        return self.readonly_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> Any:
        return [] if obj is None else self.readonly_fields

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "effective_from":
            # Django's form gives these two boxes no label of their own.
            for box, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                box.attrs["aria-label"] = f"Effective from, {part}"
        return field
