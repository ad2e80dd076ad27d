"""The provider's bill in the admin: each day beside the ledger, and why they differ."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from billing.admin.columns import ReadOnly, dollars
from billing.bills.models import BilledDay, BillReading
from billing.money import shown

# Of a difference in dollars; the explanation has it to the nano-dollar.


class Unexplained(admin.SimpleListFilter):
    title = "difference"
    parameter_name = "unexplained"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Not fully explained")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[BilledDay]) -> QuerySet[BilledDay]:
        return queryset.exclude(unexplained=0) if self.value() == "yes" else queryset


@admin.register(BilledDay)
class BilledDayAdmin(ReadOnly, admin.ModelAdmin[BilledDay]):
    """Written by the night alone; `manage.py reconcile --correct` brings the ledger to it."""

    list_display = ["day", "named", "recorded_", "billed_", "difference", "odd", "why"]
    list_filter = [Unexplained]
    search_fields = ["model"]
    search_help_text = "Name of a model"
    date_hierarchy = "day"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = [
        "day",
        "named",
        "recorded_",
        "billed_",
        "difference",
        "odd",
        "why",
        "entries",
        "compared_at",
    ]
    recorded_ = dollars("recorded")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Provider's bill", "reading": _reading(), **(extra_context or {})}
        return super().changelist_view(request, context)

    @admin.display(description="model", ordering="model")
    def named(self, billed: BilledDay) -> str:
        return billed.model or "(no model)"

    @admin.display(description="billed", ordering="billed")
    def billed_(self, billed: BilledDay) -> str:
        return "no figures" if billed.billed is None else dollars("billed")(self, billed) or ""

    @admin.display(description="difference")
    def difference(self, billed: BilledDay) -> str:
        return "" if billed.billed is None else shown(billed.difference, signed=True)

    @admin.display(description="unexplained", ordering="unexplained")
    def odd(self, billed: BilledDay) -> str | SafeString:
        if not billed.unexplained:
            return ""
        return format_html(
            '<strong class="odd">{}</strong>', shown(billed.unexplained, signed=True)
        )

    @admin.display(description="explanation")
    def why(self, billed: BilledDay) -> str | SafeString:
        words = [(line,) for line in billed.explanation.splitlines()]
        return format_html_join("", '<span class="why">{}</span>', words) or "equal"

    @admin.display(description="ledger entries")
    def entries(self, billed: BilledDay) -> SafeString:
        since = datetime.combine(billed.day, time.min, UTC)
        query = urlencode(
            {
                "called_at__gte": since.isoformat(),
                "called_at__lt": (since + timedelta(days=1)).isoformat(),
            }
        )
        page = reverse("admin:billing_ledgerentry_changelist")
        return format_html('<a href="{}?{}">Calls of that day</a>', page, query)


def _reading() -> str | SafeString:
    """What the days below are based on, or what is missing."""
    if not settings.OPENAI_ADMIN_KEY:
        return (
            "To compare costs with the provider's bill, set OPENAI_ADMIN_KEY (or "
            "OPENAI_ADMIN_KEY_FILE) to an admin key of the provider and restart the site. The "
            "newest days are then compared every night."
        )
    newest = BillReading.objects.first()
    if newest is None:
        return (
            "The provider's bill has not been read yet. The newest days are compared every night."
        )
    at = formats.date_format(timezone.localtime(newest.read_at), "j M Y, H:i")
    if newest.problem:
        return (
            f"The provider's bill could not be read on {at}: {newest.problem}. "
            "It is read again every night."
        )
    return format_html(
        "Compared on {}. Days are the provider's, in UTC. <code>manage.py reconcile --correct DAY"
        "</code> corrects the ledger to match the bill, with one more entry for each model.",
        at,
    )
