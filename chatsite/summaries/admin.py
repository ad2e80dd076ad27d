"""The settings of summaries in the admin: one page, with what came of the last night."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone

from chatsite.summaries.models import Summarising


@admin.register(Summarising)
class SummarisingAdmin(admin.ModelAdmin[Summarising]):
    fields = ["is_on", "on_takeover", "quiet_hours", "long_from", "most"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one row: its page."""
        return redirect("admin:summaries_summarising_change", Summarising.current().pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            "title": "Summaries",
            "subtitle": "",
            "last_night": _last_night(),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)


def _last_night() -> str:
    summarising = Summarising.current()
    if summarising.sent_at is None:
        return "Not run yet."
    at = formats.date_format(timezone.localtime(summarising.sent_at), "j M Y, H:i")
    return f"{at}: {summarising.last_night}"
