"""Prices, budgets and the ledger for operators. Dollars here, nano-dollars everywhere else."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import F, Model, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string

from billing import adjustments, outlooks, windows
from billing.dashboard.views import dashboard, export
from billing.forms import LADDER, PACING, BudgetForm, LadderForm, PriceForm
from billing.models import Budget, BudgetWindow, LedgerEntry, Price, Tally
from billing.money import shown
from billing.tasks import pace

# Windows shown beneath a budget; the list of windows has them all.
NEWEST_WINDOWS = 12


def dollars(
    name: str, label: str = "", ordering: str | Combinable = ""
) -> Callable[[Any, Model], str | None]:
    """A column of a model admin for an amount."""

    @admin.display(description=label or name, ordering=ordering or name)
    def column(_: Any, row: Model) -> str | None:
        value = getattr(row, name)
        return None if value is None else shown(value)

    return column


class Known(admin.AllValuesFieldListFilter):
    """The values that entries have, told from their tallies: a million entries take seconds."""

    COLUMNS = {"model_requested": (Tally, "model"), "service_tier": (Price, "service_tier")}

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        model, column = self.COLUMNS.get(field.name, (Tally, field.name))
        values = model.objects.order_by(column).values_list(column, flat=True)
        self.lookup_choices = values.distinct()


class NotChanged:
    """Rows that stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class WrittenByTheLedger(NotChanged):
    """Rows that only the ledger writes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


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


class WindowInline(WrittenByTheLedger, admin.TabularInline):  # type: ignore[type-arg]  # as above
    model = BudgetWindow
    verbose_name_plural = "newest windows"

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

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetWindow]:
        match = request.resolver_match
        budget = match.kwargs.get("object_id") if match else None
        newest = BudgetWindow.objects.filter(budget=budget).order_by("-starts_at", "-spent")
        ids = newest.values_list("id", flat=True)[:NEWEST_WINDOWS]
        return BudgetWindow.objects.filter(id__in=list(ids))


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    form = BudgetForm

    limit_dollars = dollars("limit")
    spent_dollars = dollars("spent")
    reserved_dollars = dollars("reserved")
    left_dollars = dollars("left")

    inlines = [WindowInline]
    list_display = [
        "name",
        "scope",
        "key",
        "period",
        "limit_dollars",
        "spent_dollars",
        "reserved_dollars",
        "left_dollars",
        "active",
    ]
    list_filter = ["scope", "period", "active"]
    search_fields = ["name"]
    fieldsets = (
        (None, {"fields": ["name", "scope", "key", "period", "limit", "active"]}),
        ("Warnings", {"fields": ["warning_lines"]}),
        ("So that it lasts", {"fields": PACING}),
        (
            "As it empties",
            {
                "fields": LADDER,
                "description": "Steps that spare money, each on top of the one before. They go by "
                "what is spent; what calls in flight may cost at most does not count. A budget of "
                "one tier or model never goes further than the cheap tier.",
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="billing_budget_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the ladder in the form would do."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = LadderForm(request.GET)
        steps = _steps(form.instance) if form.is_valid() else None
        return render(request, "admin/billing/budget/_steps.html", {"steps": steps})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        is_wrong = form.is_bound and not form.is_valid()
        context["steps"] = None if is_wrong else _steps(form.instance)
        # As it is stored, not as it is typed.
        stored = Budget.objects.filter(pk=form.instance.pk).first()
        outlook = outlooks.of(stored, timezone.now()) if stored else None
        context["pace"] = outlook.words if outlook else ""
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        """With the use of each budget's current window; of the fullest, where there are many."""
        fullest = (
            BudgetWindow.objects.filter(windows.current(timezone.now()), budget=OuterRef("pk"))
            .annotate(used=F("spent") + F("reserved"))
            .order_by("-used", "id")
        )
        budgets: QuerySet[Budget] = super().get_queryset(request)
        return budgets.annotate(
            spent=Coalesce(Subquery(fullest.values("spent")[:1]), 0),
            reserved=Coalesce(Subquery(fullest.values("reserved")[:1]), 0),
            left=Greatest(F("limit") - F("spent") - F("reserved"), 0),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> list[str]:
        # Its windows are of that scope and period.
        return ["scope", "key", "period"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: Budget, form: ModelForm[Budget], change: bool
    ) -> None:
        # In the transaction of the admin's view.
        windows.lock()
        if change:
            assert request.user.is_authenticated
            adjustments.keep(obj, request.user)
        super().save_model(request, obj, form, change)
        windows.follow_limits(obj.windows.filter(windows.current(timezone.now())))
        if obj.paces_itself:
            # The beat makes up for a hint that is lost.
            transaction.on_commit(pace.delay, robust=True)


def _steps(budget: Budget) -> list[tuple[int, str]]:
    """What happens at which percent, in the words of who owns the threshold."""
    described: list[tuple[int, str]] = import_string(settings.LADDER_IN_WORDS)(budget.ladder)
    return described


@admin.register(BudgetWindow)
class BudgetWindowAdmin(
    WrittenByTheLedger,
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


@admin.register(LedgerEntry)
class LedgerEntryAdmin(
    WrittenByTheLedger,
    admin.ModelAdmin,  # type: ignore[type-arg]  # as above
):
    amount_dollars = dollars("amount", "cost")
    reserved_dollars = dollars("reserved")
    input_rate_dollars = dollars("input_rate", "input, per million tokens")
    cached_input_rate_dollars = dollars("cached_input_rate", "cached input")
    cache_write_rate_dollars = dollars("cache_write_rate", "cache write")
    output_rate_dollars = dollars("output_rate", "output")

    list_display = [
        "reference",
        "called_at",
        "purpose",
        "tier",
        "model_requested",
        "input_tokens",
        "output_tokens",
        "amount_dollars",
        "estimated",
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
    search_help_text = "How a reference begins, such as reply:12"
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        """By how the reference begins; as a range, because SQLite's LIKE reads every row."""
        if search_term and connection.vendor == "sqlite":
            beyond = search_term + chr(0x10FFFF)
            return queryset.filter(reference__gte=search_term, reference__lt=beyond), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("costs/", view(dashboard), name="billing_costs"),
            path("costs/export/", view(export), name="billing_costs_export"),
            *super().get_urls(),
        ]
