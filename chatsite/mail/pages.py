"""Where a customer asks for the transcript."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from chatsite.chat.errors import NotYours, Refused
from chatsite.chat.web import visitor_network, visitors
from chatsite.mail import transcripts


@require_POST
def post_transcript(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A part of the page for scripts, and a page of its own without them. Raises Http404."""
    visitor, address = visitors.of(request), request.POST.get("email", "")
    context: dict[str, object] = {"public_id": public_id, "address": address}
    try:
        language = get_language() or ""
        transcripts.by_customer(public_id, visitor, visitor_network.of(request), address, language)
    except NotYours as error:
        raise Http404 from error
    except Refused as error:
        context["problem"] = str(error.words)
    is_part = request.htmx  # type: ignore[attr-defined]  # htmx's
    # htmx shows what is refused only where it is no error.
    status = 422 if "problem" in context and not is_part else 200
    template = "mail/_transcript.html" if is_part else "mail/transcript_asked.html"
    return render(request, template, context, status=status)
