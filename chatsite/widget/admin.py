"""Widgets and the customers who came through them, in the admin."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatsite.chat.models import Conversation
from chatsite.widget.models import Customer, Widget


@admin.register(Widget)
class WidgetAdmin(admin.ModelAdmin[Widget]):
    when_empty = "The chat is not on any other site yet."
    list_display = ["name", "origins", "active"]
    list_filter = ["active"]
    search_fields = ["name", "origins"]
    fields = [
        "name",
        "origins",
        "position",
        "accent",
        "greeting",
        "language",
        "active",
        "line",
        "signing",
    ]
    readonly_fields = ["line", "signing"]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The languages of this site, which are settings and no part of a migration."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name != "language" or field is None:
            return field
        choices = [("", "-"), *settings.LANGUAGES]
        return forms.ChoiceField(choices=choices, required=False, help_text=field.help_text)

    @admin.display(description="Line for your pages")
    def line(self, widget: Widget) -> SafeString | str:
        if not widget.pk:
            return "Shown once the widget is saved."
        return format_html("<code>{}</code>", widget.script)

    @admin.display(description="Secret for signed-in customers")
    def signing(self, widget: Widget) -> SafeString | str:
        """Whoever may edit the widget may read it; it goes into the shop's server."""
        if not widget.pk:
            return "Shown once the widget is saved."
        return format_html(
            "<details><summary>Show the secret</summary><code>{}</code></details>", widget.secret
        )

    def get_fields(self, request: HttpRequest, obj: Widget | None = None) -> Any:
        may_edit = self.has_change_permission(request, obj)
        return [name for name in self.fields if name != "signing" or may_edit]


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin[Customer]):
    when_empty = "No customer has signed in on a site with the widget yet."
    list_display = ["reference", "name", "email", "widget", "newest", "seen_at"]
    list_select_related = ["widget"]
    search_fields = ["reference", "name", "email"]
    date_hierarchy = "seen_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False

    @admin.display(description="newest conversation")
    def newest(self, customer: Customer) -> SafeString | str:
        held = Conversation.objects.held_by(customer.visitor).order_by("-active_at").first()
        if held is None:
            return "-"
        url = reverse("admin:chat_conversation_change", args=[held.pk])
        return format_html('<a href="{}">{}</a>', url, held)
