"""Canned replies in the admin, who is told of requests for a person, and what they were told."""

from django.contrib import admin

from chatsite.inbox.models import CannedReply, Notice, Tag, TeamNotifications
from chatsite.staff.read_only_admin import ReadOnly
from chatsite.staff.singleton_admin import OneRowAdmin


@admin.register(CannedReply)
class CannedReplyAdmin(admin.ModelAdmin[CannedReply]):
    list_display = ["name", "text"]
    search_fields = ["name", "text"]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    list_display = ["name"]
    search_fields = ["name"]
    fields = ["name"]


@admin.register(TeamNotifications)
class TeamNotificationsAdmin(OneRowAdmin[TeamNotifications]):
    list_display = ["__str__", "emails", "escalate_after", "escalation_emails"]


@admin.register(Notice)
class NoticeAdmin(ReadOnly, admin.ModelAdmin[Notice]):
    """Written by the worker."""

    list_display = ["conversation", "kind", "channel", "state", "tries", "result", "asked_at"]
    list_filter = ["kind", "channel", "state"]
    list_select_related = ["conversation"]
