"""Canned replies in the admin."""

from django.contrib import admin

from chatsite.inbox.models import CannedReply


@admin.register(CannedReply)
class CannedReplyAdmin(admin.ModelAdmin[CannedReply]):
    list_display = ["name", "text"]
    search_fields = ["name", "text"]
