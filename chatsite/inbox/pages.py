"""The pages of the inbox: a queue, and one conversation of it with its private notes."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from chatsite import markdown
from chatsite.chat import changes
from chatsite.chat.actions import hand_back, put_aside, staff_reply, take_over
from chatsite.chat.attachments import uploads
from chatsite.chat.changes import Change
from chatsite.chat.errors import Refused
from chatsite.chat.models import Attachment, Conversation
from chatsite.chat.web import files
from chatsite.inbox import notes, queues, reply_drafts, tags
from chatsite.inbox.models import CannedReply, SavedView, Tag
from chatsite.inbox.queues import Narrowed, Queue
from chatsite.summaries import at_takeover

# Messages of a conversation that are shown at once, and earlier conversations of its customer.
MOST_MESSAGES, MOST_EARLIER = 200, 5
# Choices of how long a conversation is put aside.
SNOOZES = {"1": "1 hour", "4": "4 hours", "24": "1 day", "72": "3 days", "168": "1 week"}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def for_staff(view: View[P]) -> View[P]:
    """For signed-in staff who may read conversations; who is nobody sees the sign-in page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.has_perm("chat.view_conversation"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return never_cache(admin.site.admin_view(guarded))


@for_staff
@require_GET
def inbox(request: HttpRequest, conversation_id: int | None = None) -> HttpResponse:
    """The whole page: the queue, and the conversation that was chosen."""
    context = _queue(request)
    if conversation_id is not None:
        context |= _conversation(request, _found(conversation_id)) | _reply_box()
    return render(request, "inbox/inbox.html", context)


@for_staff
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The list anew, once something has changed anywhere."""
    return render(request, "inbox/_queue.html", _queue(request))


@for_staff
@require_GET
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What an open conversation shows, once something has changed in it."""
    return render(request, "inbox/_live.html", _conversation(request, _found(conversation_id)))


@for_staff
@require_GET
def summary(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Once more, while it is being written."""
    found = _found(conversation_id)
    return render(request, "inbox/_summary.html", {"conversation": found} | _summary(found))


@for_staff
@require_GET
def canned(request: HttpRequest) -> HttpResponse:
    """Canned replies whose name or text has what was typed after the slash."""
    typed = request.GET.get("text", "")
    found = CannedReply.objects.none()
    if typed.startswith("/") and "\n" not in typed:
        wanted = typed[1:].strip()
        found = CannedReply.objects.filter(Q(name__icontains=wanted) | Q(text__icontains=wanted))
    agent = queues.name(_person(request))
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
@require_POST
def reply(request: HttpRequest, conversation_id: int) -> HttpResponse:
    text = request.POST.get("text", "")
    found = _writable(request, conversation_id)
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
            uploads.take(uuid.uuid5(client_id, str(at)), each, author=_person(request)).public_id
            for at, each in enumerate(given)
        ]
        change = staff_reply.send(found.pk, _person(request), text, client_id, sent)
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
    changes.announce(change)
    return _shown(request, found)


@for_staff
@require_GET
def file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What a customer or a colleague has sent along."""
    found = get_object_or_404(Attachment, public_id=public_id, message__isnull=False)
    return files.served(request, found)


@for_staff
@require_POST
def draft(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Ask the assistant for a reply to edit; what was typed stays as it is."""
    found = _writable(request, conversation_id)
    made = reply_drafts.ask(found, _person(request))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "inbox/_draft.html", {"conversation": found, "draft": made})
    typed = request.POST.get("text", "")[: settings.MESSAGE_LENGTH]
    context = _conversation(request, found) | _reply_box(typed) | {"draft": made}
    return render(request, "inbox/inbox.html", {**_queue(request), **context})


@for_staff
@require_GET
def drafted(request: HttpRequest, conversation_id: int, draft_id: int) -> HttpResponse:
    """What has become of one's own draft."""
    found = _writable(request, conversation_id)
    mine = get_object_or_404(found.reply_drafts.filter(by_id=_person(request).pk), pk=draft_id)
    return render(request, "inbox/_draft.html", {"conversation": found, "draft": mine})


@for_staff
@require_POST
def act(request: HttpRequest, conversation_id: int, verb: str) -> HttpResponse:
    """One of the verbs that take no text."""
    found = _writable(request, conversation_id)
    changes.announce(_carried_out(request, found, verb))
    return _shown(request, found, keeps_reply=True)


@for_staff
@require_POST
def note(request: HttpRequest, conversation_id: int) -> HttpResponse:
    found = _writable(request, conversation_id)
    notes.write(found, _person(request), request.POST.get("note", ""))
    return _shown(request, found, keeps_reply=True)


@for_staff
@require_POST
def tag(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Add one, or take the named one off."""
    found = _writable(request, conversation_id)
    if off := request.POST.get("off", ""):
        tags.remove(found, off)
    else:
        tags.add(found, request.POST.get("tag", ""))
    return _shown(request, found, keeps_reply=True)


@for_staff
@require_POST
def view(request: HttpRequest) -> HttpResponse:
    """Keep what the queue shows under a name, or forget that name."""
    person, chosen, narrowed = _person(request), _chosen(request), _narrowed(request)
    if forgotten := request.POST.get("forget", ""):
        tags.forget_view(person, forgotten)
    else:
        tags.keep_view(person, request.POST.get("name", ""), chosen, narrowed)
    query = {"queue": chosen.value, "q": narrowed.words, "tag": narrowed.tag}
    return redirect(f"{reverse('inbox:inbox')}?{urlencode(query)}")


def _carried_out(request: HttpRequest, found: Conversation, verb: str) -> Change:
    """Raises Http404 for what no page sends."""
    match verb:
        case "take":
            at_takeover.ask_for(found)
            return take_over.conversation(found.pk, _person(request))
        case "assign":
            colleague = notes.team().filter(pk=_number(request, "to")).first()
            if colleague is None:
                raise Http404
            at_takeover.ask_for(found)
            return take_over.conversation(found.pk, colleague)
        case "hand-back":
            return hand_back.to_assistant(found.pk)
        case "resolve":
            return put_aside.resolve(found.pk)
        case "reopen":
            return put_aside.reopen(found.pk)
        case "snooze":
            hours = request.POST.get("hours", "")
            if hours not in SNOOZES:
                raise Http404
            return put_aside.snooze(found.pk, timezone.now() + timedelta(hours=int(hours)))
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
    found = _found(found.pk)
    if not request.htmx and not problem:  # type: ignore[attr-defined]  # htmx's
        return redirect("inbox:conversation", found.pk)
    context = _conversation(request, found)
    if not keeps_reply:
        context |= _reply_box(text) | {"problem": problem, "with_reply": True}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "inbox/_live.html", context)
    return render(request, "inbox/inbox.html", {**_queue(request), **context}, status=422)


def _queue(request: HttpRequest) -> dict[str, object]:
    person, now = _person(request), timezone.now()
    chosen, narrowed = _chosen(request), _narrowed(request)
    counts = queues.counts(person, now)
    query = {"queue": chosen.value, "q": narrowed.words, "tag": narrowed.tag}
    return {
        "queue": chosen,
        "narrowed": narrowed,
        "query": urlencode({name: value for name, value in query.items() if value}),
        "views": SavedView.objects.filter(person_id=person.pk),
        "tabs": [(each, counts.get(each.value)) for each in Queue],
        "waiting": counts[Queue.WAITING.value],
        "lines": queues.lines(chosen, person, now, narrowed),
        "open_id": _number(request, "open"),
    }


def _chosen(request: HttpRequest) -> Queue:
    asked = request.POST.get("queue") or request.GET.get("queue", "")
    return Queue(asked) if asked in Queue.values else Queue.WAITING


def _narrowed(request: HttpRequest) -> Narrowed:
    given = request.POST if request.method == "POST" else request.GET
    return Narrowed(given.get("q", "").strip()[:100], given.get("tag", "")[:40])


def _conversation(request: HttpRequest, found: Conversation) -> dict[str, object]:
    said = found.messages.select_related("author").order_by("-position")[:MOST_MESSAGES]
    earlier = Conversation.objects.held_by(found.visitor).exclude(pk=found.pk)
    handler = found.handled_by
    return {
        "conversation": found,
        "chat_messages": [*reversed(said)],
        **_summary(found),
        "earlier": earlier.order_by("-active_at")[:MOST_EARLIER],
        "handler": queues.name(handler) if handler else "",
        "is_mine": handler == request.user,
        "notes": found.notes.select_related("author"),
        "team": notes.team(),
        "known_tags": Tag.objects.values_list("name", flat=True)[:200],
        "its_tags": found.tags.values_list("name", flat=True),
        "snoozes": SNOOZES,
        "may_write": request.user.has_perm("chat.take_over"),
        "open_id": found.pk,
        "now": timezone.now(),
    }


def _summary(found: Conversation) -> dict[str, object]:
    summary = getattr(found, "summary", None)
    is_behind = summary is not None and at_takeover.is_behind(found, summary)
    may_come = found.handled_by_id is not None and (summary is None or is_behind)
    return {
        "summary": summary,
        "summary_is_behind": is_behind,
        "summary_is_awaited": may_come and at_takeover.is_awaited(found),
        "summary_cost": at_takeover.shown_cost(summary) if summary else "",
    }


def _reply_box(text: str = "") -> dict[str, object]:
    return {"text": text, "client_id": uuid.uuid4(), "max_length": settings.MESSAGE_LENGTH}


def _found(conversation_id: int) -> Conversation:
    """Raises Http404."""
    found = Conversation.objects.select_related("handled_by", "summary")
    try:
        return found.get(pk=conversation_id)
    except Conversation.DoesNotExist as error:
        raise Http404 from error


def _writable(request: HttpRequest, conversation_id: int) -> Conversation:
    """Raises PermissionDenied, Http404."""
    if not request.user.has_perm("chat.take_over"):
        raise PermissionDenied
    return _found(conversation_id)


def _person(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, get_user_model())
    return request.user


def _number(request: HttpRequest, name: str) -> int:
    """Zero where there is none."""
    given = request.POST.get(name) or request.GET.get(name) or ""
    return int(given) if given.isdecimal() and len(given) < 19 else 0
