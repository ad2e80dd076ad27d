"""What the pages of the inbox show, and who may see and change it."""

import uuid
from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from chatsite.chat.models import Conversation
from chatsite.chat.web import jinja_templates
from chatsite.inbox import cached_reads, notes, queues
from chatsite.inbox.models import SavedView, Tag
from chatsite.inbox.queues import Narrowed, Queue
from chatsite.summaries import takeover_summary
from chatsite.widget.models import Customer

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


def queue_context(request: HttpRequest, open_id: int = 0) -> dict[str, object]:
    person, now = person_of(request), timezone.now()
    chosen, narrowed = chosen_queue(request), narrowed_by(request)
    open_id = open_id or number_in(request, "open")
    shown = queues.tabs(
        chosen, queues.counts(person, queues.by_handler(now), queues.mentions([person.pk], now))
    )
    shown["lines_html"] = queues.lines_html(chosen, person, now, narrowed, open_id)
    return {
        "queue": chosen,
        "narrowed": narrowed,
        "query": queues.query(chosen, narrowed),
        "views": SavedView.objects.filter(person_id=person.pk),
        "open_id": open_id,
        "queue_html": jinja_templates.html("inbox/queue.html", shown),
    }


def conversation_context(request: HttpRequest, found: Conversation) -> dict[str, object]:
    said = found.messages.select_related("author").order_by("-position")[:MOST_MESSAGES]
    earlier = Conversation.objects.held_by(found.visitor).exclude(pk=found.pk)
    handler = found.handled_by
    written = found.notes.select_related("author")
    entries = sorted([*said, *written], key=attrgetter("created_at"))
    return {
        "conversation": found,
        "messages_html": jinja_templates.html("inbox/messages.html", {"entries": entries}),
        **summary_context(found),
        "customer": Customer.objects.filter(visitor=found.visitor).first(),
        "earlier": earlier.order_by("-active_at")[:MOST_EARLIER],
        "handler": queues.name(handler) if handler else "",
        "waited": queues.waited(found.wants_person_since) if found.wants_person_since else "",
        "is_mine": handler == request.user,
        "note_length": settings.MESSAGE_LENGTH,
        "team": cached_reads.once("team", lambda: list(notes.team())),
        "known_tags": cached_reads.once(
            "tags", lambda: list(Tag.objects.values_list("name", flat=True)[:200])
        ),
        "its_tags": found.tags.values_list("name", flat=True),
        "snoozes": SNOOZES,
        "may_write": request.user.has_perm("chat.take_over"),
        "open_id": found.pk,
        "now": timezone.now(),
    }


def summary_context(found: Conversation) -> dict[str, object]:
    summary = getattr(found, "summary", None)
    is_behind = summary is not None and takeover_summary.is_behind(found, summary)
    may_come = found.handled_by_id is not None and (summary is None or is_behind)
    return {
        "summary": summary,
        "summary_is_behind": is_behind,
        "summary_is_awaited": may_come and takeover_summary.is_awaited(found),
        "summary_cost": takeover_summary.shown_cost(summary) if summary else "",
    }


def reply_box(text: str = "") -> dict[str, object]:
    return {"text": text, "client_id": uuid.uuid4(), "max_length": settings.MESSAGE_LENGTH}


def find(conversation_id: int) -> Conversation:
    """Raises Http404."""
    found = Conversation.objects.select_related("handled_by", "summary")
    try:
        return found.get(pk=conversation_id)
    except Conversation.DoesNotExist as error:
        raise Http404 from error


def find_writable(request: HttpRequest, conversation_id: int) -> Conversation:
    """Raises PermissionDenied, Http404."""
    if not request.user.has_perm("chat.take_over"):
        raise PermissionDenied
    return find(conversation_id)


def person_of(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, get_user_model())
    return request.user


def number_in(request: HttpRequest, name: str) -> int:
    """Zero where there is none."""
    given = request.POST.get(name) or request.GET.get(name) or ""
    return int(given) if given.isdecimal() and len(given) < 19 else 0


def chosen_queue(request: HttpRequest) -> Queue:
    asked = request.POST.get("queue") or request.GET.get("queue", "")
    return Queue(asked) if asked in Queue.values else Queue.WAITING


def narrowed_by(request: HttpRequest) -> Narrowed:
    given = request.POST if request.method == "POST" else request.GET
    return Narrowed(given.get("q", "").strip()[:100], given.get("tag", "")[:40])
