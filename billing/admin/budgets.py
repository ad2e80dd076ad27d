"""Budgets with their windows."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.module_loading import import_string

from billing import adjustments, outlooks, windows
from billing.admin.columns import WrittenByTheLedger, dollars
from billing.forms import LADDER, PACING, BudgetForm, LadderForm
from billing.models import Budget, BudgetWindow
from billing.tasks import pace

# Windows shown beneath a budget; the list of windows has them all.
NEWEST_WINDOWS = 12


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
