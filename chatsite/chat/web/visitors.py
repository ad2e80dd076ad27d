"""Who a browser is: a random key in a signed cookie, of which the database holds a hash."""

import hashlib
import secrets
from collections.abc import Mapping

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

# With the prefix, browsers take it from this host over HTTPS alone, and from no other's script.
COOKIE = "__Host-visitor" if settings.BEHIND_HTTPS else "visitor"
KEPT_FOR = 180 * 24 * 3600  # seconds

_signer = signing.get_cookie_signer(salt="chatsite.chat.web.visitors")


def held(cookies: Mapping[str, str]) -> str:
    """The visitor that these cookies prove, or an empty string, which holds nothing."""
    try:
        key = _signer.unsign(cookies.get(COOKIE, ""), max_age=KEPT_FOR)
    except signing.BadSignature:
        return ""
    return hashlib.sha256(key.encode()).hexdigest()


def recognise(request: HttpRequest, response: HttpResponse) -> None:
    """Give a browser without a valid key a new one."""
    if held(request.COOKIES):
        return
    response.set_cookie(
        COOKIE,
        _signer.sign(secrets.token_urlsafe(32)),
        max_age=KEPT_FOR,
        httponly=True,
        secure=settings.BEHIND_HTTPS,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Of a browser that others use too: its key, and what its pages keep of what was typed."""
    response.delete_cookie(COOKIE, samesite="Lax")
    response["Clear-Site-Data"] = '"storage"'
