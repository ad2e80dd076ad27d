"""What customers may ask of the owner: all that is stored of them, and that it is erased."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from chatsite.chat import change_announcements
from chatsite.chat.actions import delete_conversation, export_conversation
from chatsite.chat.admin.conversation_page import ConversationPage
from chatsite.chat.models import Conversation, Message


class CustomerData(ConversationPage):
    """For who may delete a conversation: both are about all that its customer has said here."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:conversation_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"chat_conversation_{name}",
            )
            for name, view in {"data": self.data, "erase": self.erase}.items()
        ]
        return [*own, *super().get_urls()]

    def data(self, request: HttpRequest, conversation_id: int) -> HttpResponse:
        """A file for the customer: this conversation, with `all` each of theirs."""
        conversation = self._answerable(request, conversation_id)
        found = [conversation]
        if "all" in request.GET:
            found = list(export_conversation.of_whose(conversation))
        response = JsonResponse(
            export_conversation.conversations(found),
            safe=False,
            json_dumps_params={"ensure_ascii": False, "indent": 2},
        )
        response["Content-Disposition"] = 'attachment; filename="customer.json"'
        return response

    def erase(self, request: HttpRequest, conversation_id: int) -> HttpResponse:
        """First says what would go; a post erases it."""
        conversation = self._answerable(request, conversation_id)
        found = export_conversation.of_whose(conversation)
        if request.method == "POST":
            number = len(found)
            self.log_deletions(request, found)
            for change in delete_conversation.conversations([each.pk for each in found]):
                change_announcements.announce(change)
            words = f"Erased {number} conversation{'' if number == 1 else 's'} of this customer."
            messages.success(request, words)
            return redirect(reverse("admin:chat_conversation_changelist"))
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Erase all conversations of this customer?",
            "opts": self.opts,
            "original": conversation,
            "found": found,
            "messages_found": Message.objects.filter(conversation__in=found).count(),
        }
        return render(request, "admin/chat/conversation/erase.html", context)

    def _answerable(self, request: HttpRequest, conversation_id: int) -> Conversation:
        """Raises PermissionDenied, Http404."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        return self._found(request, conversation_id)
