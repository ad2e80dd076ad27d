"""Alerts in the admin: what is open, who has seen to it, and the log of deliveries."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from billing.admin.columns import ReadOnly
from billing.alerts import raise_alerts
from billing.alerts.models import Alert, AlertQuerySet, Attempt, Delivery

LIST = "admin:alerts_alert_changelist"


class Acknowledged(admin.SimpleListFilter):
    title = parameter_name = "acknowledged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "No"), ("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        if self.value() in {"no", "yes"}:
            return queryset.filter(acknowledged_at__isnull=self.value() == "no")
        return queryset


class DeliveryInline(ReadOnly, admin.TabularInline[Delivery, Alert]):
    model = Delivery
    show_change_link = True
    readonly_fields = ["channel", "recipient", "state", "tries", "result", "due_at"]
    fields = (*readonly_fields,)


@admin.register(Alert)
class AlertAdmin(ReadOnly, admin.ModelAdmin[Alert]):
    list_display = ["text", "rule", "raised_at", "acknowledged_at", "acknowledged_by", "sent"]
    list_filter = [Acknowledged, "rule"]
    list_select_related = ["acknowledged_by"]
    search_fields = ["text"]
    date_hierarchy = "raised_at"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["acknowledge_selected"]
    inlines = [DeliveryInline]
    readonly_fields = [
        "rule",
        "about",
        "raised_at",
        "acknowledged_at",
        "acknowledged_by",
    ]
    fields = (*readonly_fields,)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("test/", view(self.test), name="alerts_alert_test"),
            path(
                "<int:alert_id>/acknowledge/",
                view(self.acknowledge),
                name="alerts_alert_acknowledge",
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        return super().get_queryset(request).prefetch_related("deliveries")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("alerts.acknowledge_alert")

    def has_test_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("alerts.test_alert")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request,
            {
                "title": "Alerts",
                "may_test": self.has_test_permission(request),
                "receivers": [
                    recipient or channel for channel, recipient in raise_alerts.receivers()
                ],
                **(extra_context or {}),
            },
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return super().change_view(
            request,
            object_id,
            form_url,
            {
                "title": "Alert",
                "may_acknowledge": self.has_acknowledge_permission(request),
                **(extra_context or {}),
            },
        )

    @admin.display(description="sent to")
    def sent(self, alert: Alert) -> str:
        return ", ".join(
            f"{each.recipient or each.get_channel_display()} ({each.get_state_display()})"
            for each in alert.deliveries.all()
        )

    @admin.display
    def about(self, alert: Alert) -> str | SafeString:
        """What it is about, with a link to the rows behind it."""
        url = _rows(alert)
        return format_html('<a href="{}">{}</a>', url, alert.subject) if url else alert.subject

    @admin.action(description="Acknowledge the selected alerts", permissions=["acknowledge"])
    def acknowledge_selected(self, request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        assert isinstance(alerts, AlertQuerySet)
        assert request.user.is_authenticated
        count = raise_alerts.acknowledge(alerts, request.user)
        messages.success(request, f"{count} acknowledged.")

    def acknowledge(self, request: HttpRequest, alert_id: int) -> HttpResponse:
        """The button of one alert."""
        if request.method != "POST" or not self.has_acknowledge_permission(request):
            raise PermissionDenied
        assert request.user.is_authenticated
        alert = get_object_or_404(Alert, pk=alert_id)
        if not raise_alerts.acknowledge(Alert.objects.filter(pk=alert.pk), request.user):
            messages.info(request, "This alert was already acknowledged.")
        return redirect("admin:alerts_alert_change", alert_id)

    def test(self, request: HttpRequest) -> HttpResponse:
        """The button that sends an alert by every channel."""
        if request.method != "POST" or not self.has_test_permission(request):
            raise PermissionDenied
        alert = raise_alerts.test(request.user.get_username(), timezone.now())
        if raise_alerts.receivers():
            messages.success(
                request, "A test alert is being sent. Its deliveries are listed below."
            )
        else:
            messages.warning(
                request,
                "The test alert is only shown here, because neither ALERT_EMAILS nor "
                "ALERT_WEBHOOK_URL is set.",
            )
        return redirect("admin:alerts_alert_change", alert.pk)


class AttemptInline(ReadOnly, admin.TabularInline[Attempt, Delivery]):
    model = Attempt
    readonly_fields = ["at", "result"]
    fields = (*readonly_fields,)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin[Delivery]):
    when_empty = (
        "Nothing has been sent yet. Set ALERT_EMAILS or ALERT_WEBHOOK_URL to receive alerts."
    )
    list_display = ["alert", "channel", "recipient", "state", "tries", "result", "due_at"]
    list_filter = ["channel", "state"]
    list_select_related = ["alert"]
    date_hierarchy = "due_at"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = ["alert", "channel", "recipient", "state", "tries", "result", "due_at"]
    fields = (*readonly_fields,)
    inlines = [AttemptInline]


def _rows(alert: Alert) -> str:
    """Where the rows behind an alert are listed; blank where there are none."""
    match alert.rule:
        case Alert.Rule.BUDGET | Alert.Rule.FORECAST | Alert.Rule.PACING:
            _, window, *_ = alert.window.split(":")
            return reverse("admin:billing_budgetperiod_change", args=[window])
        case Alert.Rule.BILL:
            named, _, billed = alert.window.partition("billed:")
            page = "admin:bills_billedday"
            if not named and billed:
                return reverse(f"{page}_change", args=[billed])
            return reverse(f"{page}_changelist")
        case Alert.Rule.CONVERSATION:
            query = {"conversation__exact": alert.subject}
        case Alert.Rule.HOUR:
            query = {"called_at__gte": alert.window}
        case Alert.Rule.MODEL:
            query = {"model_returned__exact": alert.subject.rpartition(" (")[0]}
        case _:
            return ""
    return f"{reverse('admin:billing_ledgerentry_changelist')}?{urlencode(query)}"
