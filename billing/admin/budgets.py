"""Budgets: what each allows, how it spreads, and whether it lasts."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from billing.admin.budget_periods import WindowInline
from billing.admin.columns import dollars
from billing.admin.forms import LADDER, PACING, BudgetForm, LadderForm
from billing.budgets import balances
from billing.models import Budget, BudgetPeriod
from billing.pacing import apply_pacing, forecast
from billing.tasks import pace

# Shown below a budget; the list of budget periods has all of them.
NEWEST_ADJUSTMENTS = 8
# Of a budget that each conversation or visitor has, those that its fullest is looked for among: to
# look at 200,000 took half a second.
LOOKED_AT = 500


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
    list_filter = ["scope", "period", "active", "paces_itself"]
    search_fields = ["name"]
    fieldsets = (
        (None, {"fields": ["name", "scope", "key", "period", "limit", "reserve", "active"]}),
        ("Warnings", {"fields": ["warning_lines"]}),
        (
            "Spread over the period",
            {
                "fields": PACING,
                "description": "While pacing keeps the budget on track, only the last two steps "
                "below apply. Otherwise the larger of the two increases applies. "
                "Every change is logged, and one click stops pacing.",
            },
        ),
        (
            "As the budget runs low",
            {
                "fields": LADDER,
                "description": "Steps that save money. Each one adds to those before it. They "
                "depend on what has been spent; calls in progress do not count. "
                "If a budget sends a message to the cheap model, the strong model "
                "does not write it again, even if the answer is doubted. A "
                "visitor or network whose own budget has reached the cheap model "
                "gets shorter answers. A budget for one tier or model never goes "
                "further than the cheap model.",
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Budget | None = None) -> Any:
        """Without pacing where a budget has none; in dollars also for readers who may not edit."""
        if obj is None:
            return self.fieldsets
        found = [each for each in self.fieldsets if obj.can_pace or each[1]["fields"] is not PACING]
        if self.has_change_permission(request, obj):
            return found
        (title, first), *others = found
        shown = ["limit_dollars" if name == "limit" else name for name in first["fields"]]
        return [(title, {**first, "fields": shown}), *others]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview), name="billing_budget_preview"),
            path("<int:budget_id>/lasting/", view(self.lasting), name="billing_budget_lasting"),
            path("<int:budget_id>/stop/", view(self.stop), name="billing_budget_stop"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the ladder in the form would do."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = LadderForm(request.GET)
        steps = _steps(form.instance) if form.is_valid() else None
        return render(request, "admin/billing/budget/_steps.html", {"steps": steps})

    def lasting(self, request: HttpRequest, budget_id: int) -> HttpResponse:
        """Whether it lasts, for pages that do not wait for it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        budget, now = get_object_or_404(Budget, pk=budget_id), timezone.now()
        outlook = forecast.of(budget, now)
        context = {"outlook": outlook, "lasts_at": "", "words": ""}
        if outlook:
            points = budget.points_since(outlook.window.starts_at)
            lasts_at = outlook.threshold_at(points) if points else outlook.threshold
            reason = outlook.reason(outlook.found(points)) if budget.paces_itself else outlook.words
            context |= {"lasts_at": f"{lasts_at:g}" if lasts_at else "", "words": reason}
        return render(request, "admin/billing/_lasting.html", context)

    def stop(self, request: HttpRequest, budget_id: int) -> HttpResponse:
        """The button of a budget that paces itself."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        assert request.user.is_authenticated
        budget = get_object_or_404(Budget, pk=budget_id)
        if apply_pacing.stop(budget, request.user):
            self.log_change(request, budget, "Stopped pacing.")
            messages.success(request, "Pacing stopped: the policy's threshold applies.")
        else:
            messages.info(request, "Pacing had already been stopped.")
        return redirect("admin:billing_budget_change", budget_id)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        is_wrong = form.is_bound and not form.is_valid()
        context["steps"] = None if is_wrong else _steps(form.instance)
        if form.instance.pk:
            # As it is stored, not as it is typed.
            stored = Budget.objects.get(pk=form.instance.pk)
            context |= _pacing(stored, timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        """With the use of each budget's current window; of many, the fullest among the newest."""
        newest = (
            BudgetPeriod.objects.filter(
                budget=OuterRef(OuterRef("pk")), starts_at=OuterRef(OuterRef("began"))
            )
            .order_by("-id")
            .values("id")[:LOOKED_AT]
        )
        fullest = (
            BudgetPeriod.objects.filter(id__in=newest)
            .annotate(used=F("spent") + F("reserved"))
            .order_by("-used", "id")
        )
        budgets: QuerySet[Budget] = super().get_queryset(request)
        return budgets.alias(began=balances.began(timezone.now())).annotate(
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
        balances.lock()
        if change:
            assert request.user.is_authenticated
            switched = "paces_itself" in form.changed_data
            apply_pacing.keep(obj, request.user, switched=switched)
        super().save_model(request, obj, form, change)
        balances.follow_limits(obj.windows.filter(balances.current(timezone.now())))
        if obj.paces_itself:
            # The beat makes up for a hint that is lost.
            transaction.on_commit(pace.delay, robust=True)


def _steps(budget: Budget) -> list[tuple[int, str]]:
    """What happens at which percent, in the words of who owns the threshold."""
    described: list[tuple[int, str]] = import_string(settings.LADDER_IN_WORDS)(budget.ladder)
    return described


def _pacing(budget: Budget, now: datetime) -> dict[str, Any]:
    """What the budget does so that it lasts; empty where there is no pace."""
    if not budget.can_pace or not budget.active:
        return {}
    return {
        "lasting": reverse("admin:billing_budget_lasting", args=[budget.pk]),
        "paced": budget if budget.paces_itself else None,
        "paced_points": budget.points_since(balances.current_of(budget, now).starts_at),
        "is_overdue": budget.paced_at is not None
        and budget.paced_at < now - balances.LOOKED_AT_WITHIN,
        "adjustments": list(budget.adjustments.all()[:NEWEST_ADJUSTMENTS]),
    }
