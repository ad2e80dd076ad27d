"""Mail with customers in the admin: what was sent and received, as the worker wrote it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chatsite.mail.models import ReceivedMail, SentAnswer, Transcript


class _Written:
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SentAnswer)
class SentAnswerAdmin(_Written, admin.ModelAdmin[SentAnswer]):
    list_display = ["message", "state", "tries", "result", "tried_at", "due_at"]
    list_filter = ["state"]
    list_select_related = ["message"]


@admin.register(Transcript)
class TranscriptAdmin(_Written, admin.ModelAdmin[Transcript]):
    list_display = ["conversation", "state", "tries", "result", "tried_at", "due_at"]
    list_filter = ["state"]
    list_select_related = ["conversation"]


@admin.register(ReceivedMail)
class ReceivedMailAdmin(_Written, admin.ModelAdmin[ReceivedMail]):
    list_display = ["received_at", "result", "conversation"]
    list_filter = ["result"]
    date_hierarchy = "received_at"
    list_select_related = ["conversation"]
