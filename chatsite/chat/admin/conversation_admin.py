"""The list of conversations in the admin: found, exported, deleted."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from billing.dashboard import downloads
from chatsite.chat import change_announcements
from chatsite.chat.actions import delete_conversation
from chatsite.chat.admin import (
    conversation_rows,
    csv_export,
    date_navigation,
    filters,
)
from chatsite.chat.admin.conversation_list import ConversationList
from chatsite.chat.admin.conversation_page import sees_costs
from chatsite.chat.admin.conversation_rows import Overview
from chatsite.chat.admin.customer_data import CustomerData
from chatsite.chat.admin.saved_answers import SavedAnswerAdmin
from chatsite.chat.models import Conversation, Message, SavedAnswer

# Characters of a summary on a line of the list.
SHOWN = 160


@admin.register(Conversation)
class ConversationAdmin(CustomerData):
    """A deleted conversation leaves its charges on the ledger."""

    some_have_checkboxes = True  # those who may delete: see IndexedList
    when_empty = "No conversations yet."
    list_display = ["first_question", "status", "length", "cost", "started", "active"]
    list_display_links = ["first_question"]
    list_filter = [
        filters.Active,
        filters.Cost,
        filters.Handled,
        filters.Ratings,
        filters.Failures,
        filters.Tiers,
        filters.Visitor,
    ]
    list_per_page = 50
    list_max_show_all = 0
    date_hierarchy = date_navigation.FIELD
    search_fields = ["messages__text"]
    search_help_text = (
        "Search messages and summaries by words or their beginnings, or paste the address of a "
        "conversation."
    )
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        return [path("export/", export, name="chat_conversation_export"), *super().get_urls()]

    # Deleting, with all that hangs on a conversation: nobody needs a right for each of its parts.

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[str], list[Any]]:
        conversations = list(objs)
        ids = [conversation.pk for conversation in conversations]
        counts = {
            "conversations": len(ids),
            "messages": Message.objects.filter(conversation__in=ids).count(),
        }
        return [str(conversation) for conversation in conversations], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Conversation) -> None:
        self._delete([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        self._delete(queryset.order_by().values_list("pk", flat=True))

    def _delete(self, ids: Iterable[int]) -> None:
        for change in delete_conversation.conversations(ids):
            change_announcements.announce(change)

    # The list.

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        # An alias costs nothing unless the rows are ordered by it.
        return super().get_queryset(request).alias(amount=conversation_rows.amount())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ConversationList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        waiting = Conversation.objects.waiting().count()
        context = {"title": "Conversations", "waiting": waiting} | (extra_context or {})
        return super().changelist_view(request, context)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """What the list lists, as a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            listed = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseBadRequest("There is no such filter.")
        assert isinstance(listed, ConversationList)
        lines = csv_export.lines(listed.found(), costs=sees_costs(request))
        return downloads.spreadsheet(request, "conversations.csv", lines)

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = set() if sees_costs(request) else {"cost"}
        return [name for name in self.list_display if name not in hidden]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Conversation], search_term: str
    ) -> tuple[QuerySet[Conversation], bool]:
        return (filters.said(queryset, search_term) if search_term else queryset), False

    @admin.display
    def first_question(self, conversation: Conversation) -> str:
        overview = _overview(conversation)
        question = overview.first_question or f"({conversation})"
        if not overview.summary:
            return question
        summary = Truncator(overview.summary).chars(SHOWN)
        return format_html('{}<span class="list__summary">{}</span>', question, summary)

    @admin.display(description="state")
    def status(self, conversation: Conversation) -> str:
        return render_to_string(
            "admin/chat/_state.html",
            {"status": _overview(conversation).status, "person": conversation.handled_by},
        )

    @admin.display(description="messages")
    def length(self, conversation: Conversation) -> int:
        return _overview(conversation).messages

    @admin.display(ordering="amount")
    def cost(self, conversation: Conversation) -> str:
        return _overview(conversation).cost

    @admin.display(ordering="created_at")
    def started(self, conversation: Conversation) -> str:
        return formats.date_format(timezone.localtime(conversation.created_at), "DATETIME_FORMAT")

    @admin.display(description="last activity", ordering="active_at")
    def active(self, conversation: Conversation) -> str:
        return formats.date_format(timezone.localtime(conversation.active_at), "DATETIME_FORMAT")


def _overview(conversation: Conversation) -> Overview:
    overview: Overview = conversation.overview  # type: ignore[attr-defined]  # ConversationList's
    return overview


admin.site.register(SavedAnswer, SavedAnswerAdmin)
