"""What staff do in the inbox: reply, take over, note, tag, and the verbs without words."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from chatsite.chat import change_announcements
from chatsite.chat.actions import hand_back, resolve_or_snooze, staff_reply, take_over
from chatsite.chat.attachments import uploads
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import Refused
from chatsite.chat.models import Conversation
from chatsite.inbox import notes, queues, tags
from chatsite.inbox.drafts import reply_drafts
from chatsite.inbox.page_context import (
    SNOOZES,
    chosen_queue,
    conversation_context,
    find,
    find_writable,
    for_staff,
    narrowed_by,
    number_in,
    person_of,
    queue_context,
    reply_box,
)
from chatsite.summaries import takeover_summary


@for_staff
@require_POST
def reply(request: HttpRequest, conversation_id: int) -> HttpResponse:
    text = request.POST.get("text", "")
    found = find_writable(request, conversation_id)
    try:
        client_id = uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        return HttpResponse("client_id is no UUID", status=400, content_type="text/plain")
    if len(text) > settings.MESSAGE_LENGTH:
        return _shown(
            request, found, f"Please keep it under {settings.MESSAGE_LENGTH:,} characters.", text
        )
    given = request.FILES.getlist("file")[: settings.ATTACHMENTS_PER_MESSAGE + 1]
    try:
        # Sent again, it is the same file.
        sent = [
            uploads.take(uuid.uuid5(client_id, str(at)), each, author=person_of(request)).public_id
            for at, each in enumerate(given)
        ]
        change = staff_reply.send(found.pk, person_of(request), text, client_id, sent)
    except Refused as error:
        return _shown(request, found, str(error.words), text)
    if change.is_none and change.altered and change.altered[0].text != text.strip():
        # Another tab sent something from the same form.
        return _shown(
            request,
            found,
            "Your message was not sent, because this page was out of date. Please send it again.",
            text,
        )
    change_announcements.announce(change)
    return _shown(request, found)


@for_staff
@require_POST
def draft(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Ask the assistant for a reply to edit; what was typed stays as it is."""
    found = find_writable(request, conversation_id)
    made = reply_drafts.ask(found, person_of(request))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "inbox/_draft.html", {"conversation": found, "draft": made})
    typed = request.POST.get("text", "")[: settings.MESSAGE_LENGTH]
    context = conversation_context(request, found) | reply_box(typed) | {"draft": made}
    return render(request, "inbox/inbox.html", queue_context(request, found.pk) | context)


@for_staff
@require_POST
def act(request: HttpRequest, conversation_id: int, verb: str) -> HttpResponse:
    """One of the verbs that take no text."""
    found = find_writable(request, conversation_id)
    change_announcements.announce(_carried_out(request, found, verb))
    return _shown(request, found, keeps_reply=True)


@for_staff
@require_POST
def note(request: HttpRequest, conversation_id: int) -> HttpResponse:
    found = find_writable(request, conversation_id)
    if notes.write(found, person_of(request), request.POST.get("note", "")):
        change_announcements.noted(found)
    return _shown(request, found, keeps_reply=True)


@for_staff
@require_POST
def tag(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Add one, or take the named one off."""
    found = find_writable(request, conversation_id)
    if off := request.POST.get("off", ""):
        tags.remove(found, off)
    else:
        tags.add(found, request.POST.get("tag", ""))
    change_announcements.noted(found)
    return _shown(request, found, keeps_reply=True)


@for_staff
@require_POST
def view(request: HttpRequest) -> HttpResponse:
    """Keep what the queue shows under a name, or forget that name."""
    person, chosen, narrowed = person_of(request), chosen_queue(request), narrowed_by(request)
    if forgotten := request.POST.get("forget", ""):
        tags.forget_view(person, forgotten)
    else:
        tags.keep_view(person, request.POST.get("name", ""), chosen, narrowed)
    return redirect(f"{reverse('inbox:inbox')}?{queues.query(chosen, narrowed)}")


def _carried_out(request: HttpRequest, found: Conversation, verb: str) -> Change:
    """Raises Http404 for what no page sends."""
    match verb:
        case "take":
            takeover_summary.ask_for(found)
            return take_over.conversation(found.pk, person_of(request))
        case "assign":
            colleague = notes.team().filter(pk=number_in(request, "to")).first()
            if colleague is None:
                raise Http404
            takeover_summary.ask_for(found)
            return take_over.conversation(found.pk, colleague)
        case "hand-back":
            return hand_back.to_assistant(found.pk)
        case "resolve":
            return resolve_or_snooze.resolve(found.pk)
        case "reopen":
            return resolve_or_snooze.reopen(found.pk)
        case "snooze":
            hours = request.POST.get("hours", "")
            if hours not in SNOOZES:
                raise Http404
            return resolve_or_snooze.snooze(found.pk, timezone.now() + timedelta(hours=int(hours)))
        case _:
            raise Http404


def _shown(
    request: HttpRequest,
    found: Conversation,
    problem: str = "",
    text: str = "",
    *,
    keeps_reply: bool = False,
) -> HttpResponse:
    """The conversation as it stands now; without scripts, the whole page.

    `keeps_reply`: what is being typed there stays as it is.
    """
    found = find(found.pk)
    if not request.htmx and not problem:  # type: ignore[attr-defined]  # htmx's
        return redirect("inbox:conversation", found.pk)
    context = conversation_context(request, found)
    if not keeps_reply:
        context |= reply_box(text) | {"problem": problem, "with_reply": True}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "inbox/_live.html", context)
    return render(
        request, "inbox/inbox.html", {**queue_context(request, found.pk), **context}, status=422
    )
