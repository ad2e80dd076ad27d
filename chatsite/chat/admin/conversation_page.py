"""One conversation in the admin: its transcript with receipts, and a person's words."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from chatsite.chat import change_announcements
from chatsite.chat.actions import hand_back, staff_reply, take_over
from chatsite.chat.admin import transcripts
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation


class Words(forms.Form):
    """What a person writes to the customer; with the same client id, it is the same message."""

    text = forms.CharField(
        label="Message to the customer",
        max_length=settings.MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "class": "reply__text"}),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)


class ConversationPage(admin.ModelAdmin[Conversation]):
    """Nothing is edited here: staff read, take over, write and hand back."""

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
        return [*own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Conversation | None = None) -> bool:
        return False

    def has_take_over_permission(self, request: HttpRequest) -> bool:
        """To take a conversation over, write in it and hand it back."""
        return self.has_view_permission(request) and request.user.has_perm("chat.take_over")

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
        transcript = transcripts.read(conversation, None, costs=sees_costs(request))
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
        change_announcements.announce(change)
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
            "transcript": transcripts.read(conversation, position, costs=sees_costs(request)),
            "words": words,
        }
        template = "admin/chat/conversation/change_form.html"
        return render(request, template, context, status=status)

    def _rights(self, request: HttpRequest) -> dict[str, bool]:
        return {
            "may_write": self.has_take_over_permission(request),
            "sees_costs": sees_costs(request),
            "sees_decisions": request.user.has_perm("routing.view_routedecision"),
        }


def _person(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)  # who is nobody sees the sign-in page
    return request.user


def sees_costs(request: HttpRequest) -> bool:
    return request.user.has_perm("billing.view_ledgerentry")
