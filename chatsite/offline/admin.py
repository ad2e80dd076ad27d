"""Offline work in the admin: what was sent, how far it is, what came of each call."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest

from billing.models import LedgerEntry
from billing.money import shown
from chatsite.offline.models import Batch, Item
from chatsite.staff.read_only_admin import ReadOnly


class ItemInline(ReadOnly, admin.TabularInline[Item, Batch]):
    model = Item
    readonly_fields = ["reference", "subject", "state", "failure", "text"]
    fields = (*readonly_fields,)


@admin.register(Batch)
class BatchAdmin(ReadOnly, admin.ModelAdmin[Batch]):
    when_empty = "No batches yet. Grading and summaries send their batches at night."
    list_display = ["__str__", "model", "state", "outcome", "calls", "failed", "created_at"]
    list_filter = ["purpose", "state"]
    date_hierarchy = "created_at"
    show_facets = admin.ShowFacets.NEVER
    inlines = [ItemInline]
    readonly_fields = [
        "purpose",
        "model",
        "state",
        "outcome",
        "cost",
        "file",
        "provider_id",
        "tries",
        "due_at",
        "created_at",
        "ended_at",
    ]
    fields = (*readonly_fields,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        return (
            super()
            .get_queryset(request)
            .annotate(calls=Count("items"), failed=Count("items", filter=Q(items__state="failed")))
        )

    @admin.display(description="cost so far")
    def cost(self, batch: Batch) -> str:
        references = batch.items.values_list("reference", flat=True)
        entries = LedgerEntry.objects.filter(reference__in=list(references))
        return shown(entries.aggregate(cost=Sum("amount"))["cost"] or 0)

    @admin.display(ordering="calls")
    def calls(self, batch: Any) -> int:
        return int(batch.calls)

    @admin.display(ordering="failed")
    def failed(self, batch: Any) -> int:
        return int(batch.failed)
