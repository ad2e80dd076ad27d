"""Conversations in the admin: a list, each a transcript with receipts, and a person's words."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from billing.dashboard import downloads
from chatsite.chat import changes
from chatsite.chat.actions import delete_conversation, hand_back, staff_reply, take_over
from chatsite.chat.admin import (
    conversation_rows,
    csv_export,
    date_navigation,
    filters,
    transcripts,
)
from chatsite.chat.admin.conversation_list import ConversationList
from chatsite.chat.admin.conversation_rows import Overview
from chatsite.chat.admin.saved_answers import SavedAnswerAdmin
from chatsite.chat.changes import Change
from chatsite.chat.models import Conversation, Message, SavedAnswer

# Characters of a summary on a line of the list.
SHOWN = 160


class Words(forms.Form):
    """What a person writes to the customer; with the same client id, it is the same message."""

    text = forms.CharField(
        label="Message to the customer",
        max_length=settings.MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "class": "reply__text"}),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin[Conversation]):
    some_have_checkboxes = True  # those who may delete: see IndexedList
    "Conversations cannot be edited. If you delete one, its costs stay in the ledger."

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
        views = {
            "transcript": self.transcript,
            "take": self.take,
            "say": self.say,
            "hand-back": self.hand_back,
        }
        own = [
            path(
                f"<int:conversation_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"chat_conversation_{name}",
            )
            for name, view in views.items()
        ]
        export = self.admin_site.admin_view(self.export)
        return [
            path("export/", export, name="chat_conversation_export"),
            *own,
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def has_take_over_permission(self, request: HttpRequest) -> bool:
        """To take a conversation over, write in it and hand it back."""
        return self.has_view_permission(request) and request.user.has_perm("chat.take_over")

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
            changes.announce(change)

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
        lines = csv_export.lines(listed.found(), costs=_sees_costs(request))
        return downloads.spreadsheet(request, "conversations.csv", lines)

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = set() if _sees_costs(request) else {"cost"}
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

    # One conversation.

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        conversation = self._found(request, unquote(object_id))
        return self._page(request, conversation, Words(initial={"client_id": uuid.uuid4()}))

    def transcript(self, request: HttpRequest, conversation_id: int) -> HttpResponse:
        """What an open page lacks: nothing (204), or the transcript anew."""
        conversation = self._found(request, conversation_id)
        is_news = request.GET.get("seen") != str(conversation.revision)
        if not is_news and not conversation.messages.open().exists():
            return HttpResponse(status=204)
        transcript = transcripts.read(conversation, None, costs=_sees_costs(request))
        context = {**self._rights(request), "transcript": transcript, "is_news": is_news}
        return render(request, "admin/chat/_transcript.html", context)

    def take(self, request: HttpRequest, conversation_id: int) -> HttpResponse:
        if not self._may_write(request, conversation_id):
            return self._to_page(conversation_id)
        change = take_over.conversation(conversation_id, _person(request))
        self._tell(request, change, "Took over.")
        messages.success(request, "You have taken over. The assistant does not answer any more.")
        return self._to_page(conversation_id)

    def say(self, request: HttpRequest, conversation_id: int) -> HttpResponse:
        if not self._may_write(request, conversation_id):
            return self._to_page(conversation_id)
        words = Words(request.POST)
        if not words.is_valid():
            return self._page(request, self._found(request, conversation_id), words, status=422)
        text, client_id = words.cleaned_data["text"], words.cleaned_data["client_id"]
        change = staff_reply.send(conversation_id, _person(request), text, client_id)
        if change.before == change.after and change.altered[0].text != text:
            # Typed into a page that had already sent something: kept, and nothing is lost.
            words = Words(initial={"text": text, "client_id": uuid.uuid4()})
            messages.warning(
                request,
                "Your message was not sent, because this page was out of "
                "date. Please send it again.",
            )
            return self._page(request, self._found(request, conversation_id), words, status=409)
        self._tell(request, change, "Wrote to the customer.")
        messages.success(request, "Sent.")
        return self._to_page(conversation_id)

    def hand_back(self, request: HttpRequest, conversation_id: int) -> HttpResponse:
        if not self._may_write(request, conversation_id):
            return self._to_page(conversation_id)
        change = hand_back.to_assistant(conversation_id)
        self._tell(request, change, "Handed back.")
        messages.success(request, "Handed back. The assistant answers from now on.")
        return self._to_page(conversation_id)

    def _may_write(self, request: HttpRequest, conversation_id: int) -> bool:
        """Whether to go on; not where a sign-in on the way has turned the post into a visit.

        Raises PermissionDenied, Http404.
        """
        if not self.has_take_over_permission(request):
            raise PermissionDenied
        self._found(request, conversation_id)
        return request.method == "POST"

    def _found(self, request: HttpRequest, conversation_id: int | str) -> Conversation:
        """Raises PermissionDenied, Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        # In one query with what its page says above the messages.
        found = transcripts.described(self.get_queryset(request))
        try:
            return found.get(pk=conversation_id)
        except (Conversation.DoesNotExist, ValueError) as error:
            raise Http404 from error

    def _tell(self, request: HttpRequest, change: Change, what: str) -> None:
        """Tell the customer's tabs, a worker and the history, if there is a change."""
        changes.announce(change)
        if not change.is_none:
            self.log_change(request, change.conversation, what)

    def _to_page(self, conversation_id: int) -> HttpResponse:
        return redirect(
            reverse("admin:chat_conversation_change", args=[conversation_id]) + "#reply"
        )

    def _page(
        self, request: HttpRequest, conversation: Conversation, words: Words, status: int = 200
    ) -> HttpResponse:
        before = request.GET.get("before", "")
        position = int(before) if before.isdecimal() else None
        context = {
            **self.admin_site.each_context(request),
            **self._rights(request),
            "title": str(conversation),
            "opts": self.opts,
            "original": conversation,
            "change": True,
            "has_view_permission": True,
            "has_delete_permission": self.has_delete_permission(request, conversation),
            "preserved_filters": self.get_preserved_filters(request),
            "transcript": transcripts.read(conversation, position, costs=_sees_costs(request)),
            "words": words,
        }
        template = "admin/chat/conversation/change_form.html"
        return render(request, template, context, status=status)

    def _rights(self, request: HttpRequest) -> dict[str, bool]:
        return {
            "may_write": self.has_take_over_permission(request),
            "sees_costs": _sees_costs(request),
            "sees_decisions": request.user.has_perm("routing.view_routedecision"),
        }


def _person(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)  # who is nobody sees the sign-in page
    return request.user


def _sees_costs(request: HttpRequest) -> bool:
    return request.user.has_perm("billing.view_ledgerentry")


def _overview(conversation: Conversation) -> Overview:
    overview: Overview = conversation.overview  # type: ignore[attr-defined]  # ConversationList's
    return overview


admin.site.register(SavedAnswer, SavedAnswerAdmin)
