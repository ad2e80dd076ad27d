"""Webhooks in the admin: made, tried, switched off and on; and what became of each event."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from chatsite.staff.read_only_admin import ReadOnly
from chatsite.webhooks import outbox
from chatsite.webhooks.models import Endpoint, EventDelivery, Kind, new_secret


class EndpointForm(forms.ModelForm[Endpoint]):
    kinds = forms.MultipleChoiceField(
        label="Events",
        choices=[each for each in Kind.choices if each[0] != Kind.TEST],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="If none is chosen, all events are sent.",
    )

    class Meta:
        model = Endpoint
        fields = ["name", "url", "kinds", "is_on"]


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin[Endpoint]):
    when_empty = "No program receives events yet. docs/api.md explains what it would receive."
    list_display = ["name", "url", "is_on", "why_off", "failing_since", "made_by", "made_at"]
    list_select_related = ["made_by"]
    search_fields = ["name", "url"]
    actions = ["send_test", "new_secret"]
    form = EndpointForm

    def has_change_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        """What the environment describes is changed there."""
        is_own = obj is None or not obj.is_from_settings
        return is_own and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Endpoint | None = None) -> bool:
        is_own = obj is None or not obj.is_from_settings
        return is_own and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if not change:
            assert isinstance(request.user, User)
            obj.made_by, obj.secret = request.user, new_secret()
        if "is_on" in form.changed_data:
            obj.failing_since = obj.paused_until = None
            obj.failures, obj.why_off = 0, ""
        super().save_model(request, obj, form, change)
        outbox.forget_endpoints()

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._secret_page(request, obj)

    def _secret_page(self, request: HttpRequest, obj: Endpoint) -> HttpResponse:
        """The one page that shows the secret, instead of a redirect."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Secret of {obj.name}",
            "opts": self.opts,
            "secret": obj.secret,
        }
        response = TemplateResponse(request, "admin/webhooks/secret.html", context)
        add_never_cache_headers(response)
        return response

    @admin.action(description="Send a test event", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset:
            event = outbox.test(endpoint)
            self.log_change(request, endpoint, f"Test event {event} sent.")
        words = "A test event will be sent within seconds. Webhook deliveries show the result."
        self.message_user(request, words, messages.SUCCESS)

    @admin.action(description="Make a new secret", permissions=["change"])
    def new_secret(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> HttpResponse | None:
        own = list(queryset.filter(is_from_settings=False))
        if len(own) != 1:
            self.message_user(request, "Choose one webhook.", messages.WARNING)
            return None
        own[0].secret = new_secret()
        own[0].save(update_fields=["secret"])
        self.log_change(request, own[0], "New secret.")
        return self._secret_page(request, own[0])


@admin.register(EventDelivery)
class EventDeliveryAdmin(ReadOnly, admin.ModelAdmin[EventDelivery]):
    """Written by the worker."""

    list_display = [
        *("event", "kind", "endpoint", "state", "tries", "result", "tried_at", "due_at")
    ]
    list_filter = ["state", "endpoint"]
    list_select_related = ["event", "endpoint"]
    search_fields = ["event__identity", "event__conversation"]
    actions = ["send_again"]

    @admin.display(description="kind")
    def kind(self, row: EventDelivery) -> str:
        return Kind(row.event.kind).label

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_endpoint")

    @admin.action(description="Send again", permissions=["again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[EventDelivery]) -> None:
        chosen = list(queryset.select_related("endpoint"))
        outbox.again(chosen)
        for each in chosen:
            self.log_change(request, each, f"{each.event} sent again.")
        self.message_user(request, "They will be sent within seconds.", messages.SUCCESS)
