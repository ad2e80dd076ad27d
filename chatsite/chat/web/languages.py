"""Which language a customer's pages speak: what they chose, else what their browser asks for.

Staff's pages speak the site's own.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

PARAMETER = "language"
KEPT_FOR = 365 * 24 * 3600  # seconds
OF_STAFF = ("/admin/", "/inbox/")
# In a frame on another site, where cookies are not kept.
WITHOUT_COOKIES = ("/widget/",)


def customers_language(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OF_STAFF):
            with translation.override(settings.LANGUAGE_CODE):
                return get_response(request)
        chosen = supported(request.GET.get(PARAMETER, ""))
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):
            response = get_response(request)
        if "text/html" in response.get("Content-Type", ""):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            if chosen and not request.path.startswith(WITHOUT_COOKIES):
                response.set_cookie(
                    settings.LANGUAGE_COOKIE_NAME,
                    chosen,
                    max_age=KEPT_FOR,
                    secure=settings.BEHIND_HTTPS,
                    samesite="Lax",
                )
        return response

    return middleware


def of_socket(scope: Mapping[str, Any]) -> str:
    """That of the page which opened the websocket."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER, [""])[0]
    return supported(asked) or settings.LANGUAGE_CODE


def supported(code: str) -> str:
    """The language of ours for a code such as pt-BR; blank for none."""
    try:
        return translation.get_supported_language_variant(code[:20].lower())
    except LookupError:
        return ""
