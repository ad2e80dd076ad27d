"""The audit log in the admin, to read."""

from django.contrib import admin
from django.http import HttpRequest

from chatsite.staff.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic before urls.py
    list_display = ["at", "who", "action", "model", "what", "details"]
    list_filter = ["action", "model"]
    search_fields = ["who", "what", "details"]
    date_hierarchy = "at"
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
