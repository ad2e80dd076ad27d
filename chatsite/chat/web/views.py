"""Pages over HTTP; all that the socket does also works here by plain forms."""

import uuid
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from chatsite.chat import change_announcements, displayed_messages
from chatsite.chat.actions import (
    ask,
    ask_for_person,
    delete_conversation,
    end_conversation,
    leave_address,
    rate,
    rate_conversation,
    retry,
    stop_answer,
)
from chatsite.chat.attachments import uploads
from chatsite.chat.change_announcements import Change
from chatsite.chat.displayed_messages import Seen
from chatsite.chat.errors import Ended, NotYours, Refused, TooFast, TooManyFiles
from chatsite.chat.models import Conversation
from chatsite.chat.web import fragments, rate_limits, visitor_network, visitors
from chatsite.runtime.grouped_writes import turn_to_write


@require_GET
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Where a returning visitor was, or a new conversation."""
    latest = displayed_messages.latest(visitors.of(request))
    return redirect("chat:conversation", latest) if latest else new(request)


@require_GET
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """An empty conversation under an address that nobody can guess; stored once it is used."""
    response = _page(request, Seen(Conversation(), ()))
    visitors.recognise(request, response)
    return response


@require_GET
@never_cache
def conversations(request: HttpRequest) -> HttpResponse:
    """What this browser has asked before."""
    found = displayed_messages.conversations(visitors.of(request))
    return render(request, "chat/conversations.html", {"found": found})


@require_GET
@never_cache
def conversation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The newest messages, or with `before` those before that position: a part of the page only."""
    before = request.GET.get("before", "")
    try:
        position = int(before[:9]) if before.isdecimal() else None
        seen = displayed_messages.seen(public_id, visitors.of(request), position)
    except Ended:
        return _over(request)
    except NotYours as error:
        raise Http404 from error
    if position is not None and request.htmx:  # type: ignore[attr-defined]  # htmx's
        return render(request, "chat/_earlier.html", fragments.shown(seen))
    response = _page(request, seen, is_newest=position is None)
    visitors.recognise(request, response)
    return response


@require_POST
def post_message(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    try:
        client_id = uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        return HttpResponse("client_id is no UUID", status=400, content_type="text/plain")
    text = request.POST.get("text", "")
    try:
        ids = uploads.read_ids(request.POST.getlist("files"))
    except ValueError:
        return HttpResponse("files are no UUIDs", status=400, content_type="text/plain")
    # Of a page without scripts, which sends all at once.
    given = request.FILES.getlist("file")

    def action(visitor: str) -> Change:
        if len(given) > settings.ATTACHMENTS_PER_MESSAGE:
            raise TooManyFiles(settings.ATTACHMENTS_PER_MESSAGE)
        sent = [*ids]
        for at, each in enumerate(given):
            rate_limits.uploading(visitor_network.of(request))
            # Sent again, it is the same file.
            sent.append(uploads.take(uuid.uuid5(client_id, str(at)), each, visitor).public_id)
        return ask.question(public_id, visitor, text, client_id, visitor_network.of(request), sent)

    return _carry_out(request, public_id, rate_limits.asking, action)


@require_POST
def post_retry(request: HttpRequest, public_id: uuid.UUID, reply_id: int) -> HttpResponse:
    def action(visitor: str) -> Change:
        return retry.reply(public_id, visitor, reply_id)

    return _carry_out(request, public_id, rate_limits.asking, action)


@require_POST
def post_stop(request: HttpRequest, public_id: uuid.UUID, reply_id: int) -> HttpResponse:
    def action(visitor: str) -> Change:
        return stop_answer.reply(public_id, visitor, reply_id)

    return _carry_out(request, public_id, rate_limits.clicking, action)


@require_POST
def post_rating(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    try:
        reply_id, rating, note = rate.read(request.POST)
    except (KeyError, ValueError):
        return HttpResponse("No rating of an answer", status=400, content_type="text/plain")

    def action(visitor: str) -> Change:
        return rate.answer(public_id, visitor, reply_id, rating, note)

    return _carry_out(request, public_id, rate_limits.clicking, action, f"#message-{reply_id}")


@require_POST
def post_satisfaction(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    try:
        rating, note = rate_conversation.read(request.POST)
    except KeyError:
        return HttpResponse("No rating", status=400, content_type="text/plain")

    def action(visitor: str) -> Change:
        return rate_conversation.by_customer(public_id, visitor, rating, note)

    return _carry_out(request, public_id, rate_limits.clicking, action, "#satisfaction")


@require_POST
def post_address(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    address, language = request.POST.get("email", ""), get_language() or ""

    def action(visitor: str) -> Change:
        return leave_address.by_customer(public_id, visitor, address, language)

    return _carry_out(request, public_id, rate_limits.clicking, action, "#address")


@require_POST
def post_wish_for_person(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    wanted = request.POST.get("person") == "1"

    def action(visitor: str) -> Change:
        return ask_for_person.request(public_id, visitor, wanted)

    return _carry_out(request, public_id, rate_limits.clicking, action)


def _carry_out(
    request: HttpRequest,
    public_id: uuid.UUID,
    limit: Callable[[str, str], None],
    action: Callable[[str], Change],
    place: str = "",
) -> HttpResponse:
    """Do it for this visitor, within the limit, and show the page again. Raises Http404."""
    visitor = visitors.of(request)
    try:
        limit(visitor, visitor_network.of(request))
        with turn_to_write():
            change = action(visitor)
        change_announcements.announce(change)
    except NotYours as error:
        raise Http404 from error
    except Refused as error:
        return _refused(request, public_id, error)
    return redirect(f"{reverse('chat:conversation', args=[public_id])}{place}")


@require_POST
def post_end(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """End the conversation, keep how it was, and forget on this browser whose it was."""

    def action(public_id: uuid.UUID, visitor: str) -> Change:
        change = end_conversation.by_customer(public_id, visitor)
        # Nobody is kept here by words that are too long, or by what no page sends.
        with suppress(KeyError, Refused):
            rate_conversation.by_customer(public_id, visitor, *rate_conversation.read(request.POST))
        return change

    return _leave(request, public_id, action)


@require_POST
def post_delete(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The same, and nobody else reads it either."""
    return _leave(request, public_id, delete_conversation.by_customer)


def _leave(
    request: HttpRequest, public_id: uuid.UUID, action: Callable[[uuid.UUID, str], Change]
) -> HttpResponse:
    """Also of a conversation that has not begun: whoever is next here begins as a stranger."""
    visitor = visitors.of(request)
    try:
        rate_limits.clicking(visitor, visitor_network.of(request))
        change_announcements.announce(action(public_id, visitor))
    except TooFast as error:
        return _refused(request, public_id, error)
    except NotYours:
        pass
    response = redirect("chat:new")
    visitors.forget(response)
    return response


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/ended.html", status=410)


def _refused(request: HttpRequest, public_id: uuid.UUID, error: Refused) -> HttpResponse:
    """The page again, with the reason and what was typed."""
    try:
        seen = displayed_messages.seen(public_id, visitors.of(request))
    except Ended:
        return _over(request)
    except NotYours as not_yours:
        raise Http404 from not_yours
    typed = request.POST.get("text", "")
    return _page(request, seen, words=str(error.words), typed=typed)


def _page(request: HttpRequest, seen: Seen, *, is_newest: bool = True, **more: str) -> HttpResponse:
    context = {
        **fragments.shown(seen),
        "is_newest": is_newest,
        "max_length": settings.MESSAGE_LENGTH,
        "new_client_id": uuid.uuid4(),
        "file_limits": fragments.file_limits(),
        **more,
    }
    status = 422 if more else 200
    response = render(request, "chat/conversation.html", context, status=status)
    # Pictures that are not sent yet.
    response._csp_update = {"img-src": ["blob:"]}  # type: ignore[attr-defined]  # read by the middleware
    return response
