"""Budgets' hours, days and months, and what was spent in each."""

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from billing.admin.columns import ReadOnly, dollars
from billing.models import BudgetPeriod

# Shown below a budget; the list of budget periods has all of them.
NEWEST_WINDOWS = 12


class WindowInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]  # as above
    model = BudgetPeriod
    verbose_name_plural = "latest periods"

    limit_dollars = dollars("limit")
    spent_dollars = dollars("spent")
    reserved_dollars = dollars("reserved")
    left_dollars = dollars("left")

    readonly_fields = [
        "starts_at",
        "key",
        "limit_dollars",
        "spent_dollars",
        "reserved_dollars",
        "left_dollars",
    ]
    fields = (*readonly_fields,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetPeriod]:
        match = request.resolver_match
        budget = match.kwargs.get("object_id") if match else None
        newest = BudgetPeriod.objects.filter(budget=budget).order_by("-starts_at", "-spent")
        ids = newest.values_list("id", flat=True)[:NEWEST_WINDOWS]
        return BudgetPeriod.objects.filter(id__in=list(ids)).select_related("budget")


@admin.register(BudgetPeriod)
class BudgetWindowAdmin(
    ReadOnly,
    admin.ModelAdmin,  # type: ignore[type-arg]  # as above
):
    limit_dollars = dollars("limit")
    spent_dollars = dollars("spent")
    reserved_dollars = dollars("reserved")
    left_dollars = dollars("left", ordering=F("limit") - F("spent") - F("reserved"))
    overrun_dollars = dollars("overrun")

    readonly_fields = [
        "budget",
        "key",
        "starts_at",
        "limit_dollars",
        "spent_dollars",
        "reserved_dollars",
        "left_dollars",
        "overrun_dollars",
    ]
    fields = (*readonly_fields,)
    list_display = (*readonly_fields,)
    list_filter = ["budget", "starts_at"]
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ["budget"]
    search_fields = ["key__startswith"]
    show_full_result_count = False
