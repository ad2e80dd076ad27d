"""What pacing changed, and why."""

from django.contrib import admin

from billing.admin.columns import ReadOnly, dollars
from billing.models import PacingChange


@admin.register(PacingChange)
class AdjustmentAdmin(
    ReadOnly,
    admin.ModelAdmin,  # type: ignore[type-arg]  # as above
):
    when_empty = (
        "No budget uses pacing yet. You can turn it on for a daily or monthly budget of "
        "the site, on the budget's page."
    )

    limit_dollars = dollars("limit")
    spent_dollars = dollars("spent")
    expected_dollars = dollars("expected", "expected by the end")

    readonly_fields = [
        "budget",
        "at",
        "outcome",
        "points_before",
        "points",
        "reason",
        "spent_dollars",
        "expected_dollars",
        "limit_dollars",
        "hit_at",
        "by",
    ]
    fields = (*readonly_fields,)
    list_display = ["at", "budget", "outcome", "points_before", "points", "reason", "by"]
    list_filter = ["budget", "outcome", "at"]
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ["budget", "by"]
    show_full_result_count = False
