"""Files over HTTP: taken before their message is sent, and shown to who may see them."""

import uuid
from contextlib import suppress

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from chatsite.chat.attachments import uploads
from chatsite.chat.errors import Refused, TooFast
from chatsite.chat.models import Attachment
from chatsite.chat.web import rate_limits, visitor_network, visitors

# Whatever a browser makes of it, it runs nothing and fetches nothing.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """One file, as `file`, under the `id` that the page has given it."""
    try:
        public_id = uuid.UUID(request.POST.get("id", ""))
        (given,) = request.FILES.getlist("file")
    except ValueError:
        return JsonResponse({"words": str(Refused.words)}, status=400)
    visitor = visitors.of(request)
    try:
        rate_limits.uploading(visitor_network.of(request))
        taken = uploads.take(public_id, given, visitor)
    except Refused as error:
        status = 429 if isinstance(error, TooFast) else 422
        return JsonResponse({"words": str(error.words)}, status=status)
    url = reverse("chat:file", args=[taken.public_id])
    return JsonResponse({**taken.facts, "url": url})


@require_POST
def discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One that is not sent after all."""
    with suppress(Refused):
        uploads.discard(public_id, visitors.of(request))
    return HttpResponse(status=204)


@require_safe
def file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """To the customer in whose conversation it is, or who has uploaded it. Raises Http404."""
    visitor = visitors.of(request)
    if not visitor:
        raise Http404
    in_theirs = Q(message__conversation__visitor=visitor, message__conversation__ended_at=None)
    own = Q(message=None, visitor=visitor)
    found = Attachment.objects.filter(in_theirs | own, public_id=public_id).first()
    if found is None:
        raise Http404
    return served(request, found)


def served(request: HttpRequest, found: Attachment) -> HttpResponse:
    """The file itself, to whom may see it. Raises Http404."""
    etag = f'"{found.public_id.hex}"'  # what is under an id never changes
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        content = found.content()
        if content is None:
            raise Http404
        response = HttpResponse(content, content_type=found.content_type)
    is_pdf = found.kind == Attachment.Kind.PDF
    response["Content-Disposition"] = content_disposition_header(is_pdf, found.name) or "inline"
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Kept by the browser, and asked about each time: rights may end.
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    return response
