"""A widget over HTTP: its script, the frame in which it chats, and the tokens of that frame."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from chatsite.chat import displayed_messages
from chatsite.chat.displayed_messages import Seen
from chatsite.chat.errors import Refused, TooFast
from chatsite.chat.models import Conversation
from chatsite.chat.web import fragments, rate_limits, visitor_network
from chatsite.shop import current_shop
from chatsite.shop.models import HEX
from chatsite.widget import widget_user
from chatsite.widget.models import Widget
from chatsite.widget.widget_user import Holder, NotIdentified

# Characters of a request's body.
LONGEST = 8_000
SHEETS = [
    f"css/{name}.css"
    for name in (
        "tokens",
        "page",
        "header",
        "button",
        "prose",
        "chat/conversation",
        "chat/welcome",
        "chat/contact",
        "chat/message",
        "chat/sources",
        "chat/feedback",
        "chat/notice",
        "chat/composer",
        "chat/files",
        "chat/leave",
        "chat/frame",
    )
]
# Those of the page, in its order, but for the count in the window's title.
MODULES = [
    f"js/{name}.js"
    for name in ("connection", "growing", "composer", "attach", "files", "chat", "reading", "copy")
]
DEFAULT_ACCENT = "#43479c"  # as in tokens.css


@dataclass(frozen=True, slots=True)
class Config:
    """What the script on the other site has to know, as it is written into it."""

    key: str
    position: str
    accent: str
    name: str
    language: str
    labels: Mapping[str, tuple[str, str]]  # by language: to open and to close it


@require_safe
@cache_control(public=True, max_age=300)
def loader(request: HttpRequest, key: str) -> HttpResponse:
    """One script, the widget's settings within."""
    widget = _widget(key)
    shop = current_shop.shop()
    config = Config(
        key=widget.key,
        position=widget.position,
        accent=widget.accent or shop.accent or DEFAULT_ACCENT,
        name=shop.name,
        language=widget.language,
        labels={code: _labels(code) for code, _ in settings.LANGUAGES},
    )
    context = {"config": json.dumps(asdict(config))}
    response = render(
        request, "widget/loader.js", context, content_type="text/javascript; charset=utf-8"
    )
    # Another site loads it: our own default would let a strict browser refuse it.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
@never_cache
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """An empty page for the frame, which the allowed sites alone may show."""
    widget = _widget(key)
    asked = request.GET.get("accent", "").lower()
    accent = f"#{asked}" if HEX.match(f"#{asked}") else widget.accent
    context = {
        "widget": widget,
        "sheets": SHEETS,
        "modules": MODULES,
        "theme": reverse("shop:theme", args=[accent[1:]])
        if accent
        else current_shop.shop().theme_url,
    }
    response = render(request, "widget/frame.html", context)
    response.xframe_options_exempt = True  # read by the middleware
    response._csp_replace = {"frame-ancestors": widget.allowed}  # type: ignore[attr-defined]
    # Pictures that are not sent yet, and those that were fetched by token.
    response._csp_update = {"img-src": ["blob:"]}  # type: ignore[attr-defined]
    return response


@csrf_exempt
@require_POST
@never_cache
def open_chat(request: HttpRequest, key: str) -> HttpResponse:
    """A token, and the conversation that this browser or customer goes on with."""
    widget, said = _widget(key), _said(request)
    try:
        rate_limits.opening(visitor_network.of(request))
        holder = _holder(widget, said)
    except (NotIdentified, TooFast) as error:
        return _refused(error)
    public_id = None if said.get("new") else displayed_messages.latest(holder.visitor)
    seen = (
        displayed_messages.seen(public_id, holder.visitor)
        if public_id
        else Seen(Conversation(public_id=uuid.uuid4()), ())
    )
    shop = current_shop.shop()
    context = {
        **fragments.shown(seen),
        "is_newest": True,
        "max_length": settings.MESSAGE_LENGTH,
        "new_client_id": uuid.uuid4(),
        "shop": shop,
        "site_name": shop.name,
        "file_limits": fragments.file_limits(),
        "greeting": str(said.get("greeting", ""))[:120] or widget.greeting,
    }
    html = render_to_string("chat/_conversation.html", context, request)
    return _answer(holder, html=html, talked=bool(seen.messages))


@csrf_exempt
@require_POST
@never_cache
def renew(request: HttpRequest, key: str) -> HttpResponse:
    """Another token for the same visitor."""
    widget, said = _widget(key), _said(request)
    try:
        rate_limits.opening(visitor_network.of(request))
        return _answer(_holder(widget, said))
    except (NotIdentified, TooFast) as error:
        return _refused(error)


@require_safe
@csp_update({"frame-src": [SELF]})
def demo(request: HttpRequest) -> HttpResponse:
    """A page as a shop might have one, with the first widget that may show on this very site."""
    own = f"{request.scheme}://{request.get_host()}"
    active = Widget.objects.filter(active=True)
    widget = next((each for each in active if own in each.allowed), None)
    return render(request, "widget/demo.html", {"widget": widget, "own": own})


def _labels(language: str) -> tuple[str, str]:
    with translation.override(language):
        return gettext("Open the chat"), gettext("Close the chat")


def _widget(key: str) -> Widget:
    return get_object_or_404(Widget, key=key, active=True)


def _said(request: HttpRequest) -> dict[str, Any]:
    """From our own frame alone: another page's script is told apart by its origin."""
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.get_host():
        raise Http404
    try:
        said = json.loads(request.body) if len(request.body) <= LONGEST else None
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {}


def _holder(widget: Widget, said: dict[str, Any]) -> Holder:
    keeper, token = (str(said.get(name) or "") for name in ("keeper", "identity"))
    return widget_user.holder(widget, keeper, token)


def _answer(holder: Holder, **more: object) -> JsonResponse:
    seconds = max(0, int(holder.until - time.time()))
    return JsonResponse(
        {"token": holder.token, "seconds": seconds, "keeper": holder.keeper, **more}
    )


def _refused(error: Exception) -> JsonResponse:
    words = (
        error.words if isinstance(error, Refused) else gettext("Please sign in again to continue.")
    )
    return JsonResponse({"words": words}, status=429 if isinstance(error, TooFast) else 401)
