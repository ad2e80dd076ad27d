"""The pages of the inbox: a queue, and one conversation of it with its private notes."""

import uuid

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from chatsite import markdown
from chatsite.chat.models import Attachment
from chatsite.chat.web import files
from chatsite.inbox import queues
from chatsite.inbox.models import CannedReply
from chatsite.inbox.page_context import (
    conversation_context,
    find,
    find_writable,
    for_staff,
    person_of,
    queue_context,
    reply_box,
    summary_context,
)


@for_staff
@require_GET
def inbox(request: HttpRequest, conversation_id: int | None = None) -> HttpResponse:
    """The whole page: the queue, and the conversation that was chosen."""
    context = queue_context(request, conversation_id or 0)
    if conversation_id is not None:
        context |= conversation_context(request, find(conversation_id)) | reply_box()
    return render(request, "inbox/inbox.html", context)


@for_staff
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The list anew: one that is narrowed, or that no socket brings."""
    return HttpResponse(queue_context(request)["queue_html"])


@for_staff
@require_GET
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What an open conversation shows, once something has changed in it."""
    return render(request, "inbox/_live.html", conversation_context(request, find(conversation_id)))


@for_staff
@require_GET
def summary(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Once more, while it is being written."""
    found = find(conversation_id)
    return render(request, "inbox/_summary.html", {"conversation": found} | summary_context(found))


@for_staff
@require_GET
def canned(request: HttpRequest) -> HttpResponse:
    """Canned replies whose name or text has what was typed after the slash."""
    typed = request.GET.get("text", "")
    found = CannedReply.objects.none()
    if typed.startswith("/") and "\n" not in typed:
        wanted = typed[1:].strip()
        found = CannedReply.objects.filter(Q(name__icontains=wanted) | Q(text__icontains=wanted))
    agent = queues.name(person_of(request))
    replies = [(reply, reply.filled_in(agent)) for reply in found[:8]]
    return render(request, "inbox/_canned.html", {"replies": replies})


@for_staff
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the customer would read."""
    text = request.POST.get("text", "")[: settings.MESSAGE_LENGTH]
    html = "" if text.startswith("/") else markdown.typed(text)
    return render(request, "inbox/_preview.html", {"html": html})


@for_staff
@require_GET
def file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What a customer or a colleague has sent along."""
    found = get_object_or_404(Attachment, public_id=public_id, message__isnull=False)
    return files.served(request, found)


@for_staff
@require_GET
def drafted(request: HttpRequest, conversation_id: int, draft_id: int) -> HttpResponse:
    """What has become of one's own draft."""
    found = find_writable(request, conversation_id)
    mine = get_object_or_404(found.reply_drafts.filter(by_id=person_of(request).pk), pk=draft_id)
    return render(request, "inbox/_draft.html", {"conversation": found, "draft": mine})
