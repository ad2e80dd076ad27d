"""The audit log in the admin, to read."""

from django.contrib import admin

from chatsite.staff.models import AuditEntry
from chatsite.staff.read_only_admin import ReadOnly


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not generic before urls.py
    list_display = ["at", "who", "action", "model", "what", "details"]
    list_filter = ["action", "model"]
    search_fields = ["who", "what", "details"]
    date_hierarchy = "at"
    ordering = ["-id"]
