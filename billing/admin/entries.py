"""The ledger's entries, and the dashboard of what they came to."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from billing.admin.columns import ReadOnly, dollars, rate
from billing.dashboard import downloads, entries_export, visitor_costs_page
from billing.dashboard.views import dashboard, export
from billing.models import LedgerEntry, Price, Tally


class Known(admin.AllValuesFieldListFilter):
    """The choices, read from the tallies: reading a million entries takes seconds."""

    COLUMNS = {"model_requested": (Tally, "model"), "service_tier": (Price, "service_tier")}

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        model, column = self.COLUMNS.get(field.name, (Tally, field.name))
        values = model.objects.order_by(column).values_list(column, flat=True)
        self.lookup_choices = values.distinct()


@admin.register(LedgerEntry)
class LedgerEntryAdmin(
    ReadOnly,
    admin.ModelAdmin,  # type: ignore[type-arg]  # as above
):
    amount_dollars = dollars("amount", "cost")
    reserved_dollars = dollars("reserved")
    input_rate_dollars = rate("input_rate", "input, per million tokens")
    cached_input_rate_dollars = rate("cached_input_rate", "cached input")
    cache_write_rate_dollars = rate("cache_write_rate", "cache write")
    output_rate_dollars = rate("output_rate", "output")

    list_display = [
        "reference",
        "called_at",
        "purpose",
        "tier",
        "model_requested",
        "input_tokens",
        "output_tokens",
        "amount_dollars",
        "how_known",
        "outcome",
    ]
    # Django's date_hierarchy asks every entry for its month.
    list_filter = [
        "called_at",
        "purpose",
        ("tier", Known),
        ("model_requested", Known),
        ("outcome", Known),
        ("service_tier", Known),
        "estimated",
        "price_assumed",
    ]
    # Those that have an index.
    sortable_by = ["reference", "called_at", "amount_dollars"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["reference__startswith"]
    search_help_text = "Beginning of a reference, such as reply:12"
    show_full_result_count = False
    readonly_fields = [
        "reference",
        "purpose",
        "outcome",
        "conversation",
        "visitor",
        "tier",
        "model_requested",
        "model_returned",
        "service_tier",
        "request_id",
        "called_at",
        "settled_at",
        "input_tokens",
        "cached_tokens",
        "cache_write_tokens",
        "output_tokens",
        "reasoning_tokens",
        "amount_dollars",
        "reserved_dollars",
        "estimated",
        "price",
        "price_assumed",
        "input_rate_dollars",
        "cached_input_rate_dollars",
        "cache_write_rate_dollars",
        "output_rate_dollars",
    ]
    fields = (*readonly_fields,)

    @admin.display(description="estimated")
    def how_known(self, entry: LedgerEntry) -> str:
        """A word for estimates only: Django's red cross on all others looks like an error."""
        return "estimated" if entry.estimated else ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        """By the start of the reference; as a range, because SQLite's LIKE reads every row."""
        if search_term and connection.vendor == "sqlite":
            beyond = search_term + chr(0x10FFFF)
            return queryset.filter(reference__gte=search_term, reference__lt=beyond), False
        return super().get_search_results(request, queryset, search_term)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """All entries that match the list's filters, as a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseBadRequest("There is no such filter.")
        return downloads.spreadsheet(request, "entries.csv", entries_export.lines(found))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("costs/", view(dashboard), name="billing_costs"),
            path("costs/export/", view(export), name="billing_costs_export"),
            path("costs/visitors/", view(visitor_costs_page.listing), name="billing_visitors"),
            path(
                "costs/visitors/export/",
                view(visitor_costs_page.export),
                name="billing_visitors_export",
            ),
            path("export/", view(self.export), name="billing_ledgerentry_export"),
            *super().get_urls(),
        ]
