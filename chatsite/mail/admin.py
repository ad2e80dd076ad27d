"""Mail with customers in the admin: what was sent and received, as the worker wrote it."""

from django.contrib import admin

from chatsite.mail.models import ReceivedMail, SentAnswer, Transcript
from chatsite.staff.read_only_admin import ReadOnly


@admin.register(SentAnswer)
class SentAnswerAdmin(ReadOnly, admin.ModelAdmin[SentAnswer]):
    list_display = ["message", "state", "tries", "result", "tried_at", "due_at"]
    list_filter = ["state"]
    list_select_related = ["message"]


@admin.register(Transcript)
class TranscriptAdmin(ReadOnly, admin.ModelAdmin[Transcript]):
    list_display = ["conversation", "state", "tries", "result", "tried_at", "due_at"]
    list_filter = ["state"]
    list_select_related = ["conversation"]


@admin.register(ReceivedMail)
class ReceivedMailAdmin(ReadOnly, admin.ModelAdmin[ReceivedMail]):
    list_display = ["received_at", "result", "conversation"]
    list_filter = ["result"]
    date_hierarchy = "received_at"
    list_select_related = ["conversation"]
