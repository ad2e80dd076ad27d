"""Trials in the admin; the page of each is the site's."""

from django.contrib import admin
from django.http import HttpRequest

from routing.admin.written_by_code_admin import WrittenByCode
from routing.models import Trial


@admin.register(Trial)
class TrialAdmin(WrittenByCode):
    when_empty = (
        "No trials yet. To start one, change the threshold or the policy and choose to "
        "test it before saving."
    )
    list_display = [
        "__str__",
        "kind",
        "share",
        "state",
        "policy",
        "control",
        "reason",
        "started_at",
    ]
    list_filter = ["state", "kind"]
    search_fields = ["reason"]
    date_hierarchy = "started_at"
    list_select_related = ["policy", "control"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
