"""Who a browser is: a random key in a signed cookie, of which the database holds a hash.

In a frame on another site, where cookies are not sent, a token that lasts minutes does the same. It
is sent in a header or as a websocket's protocol, and is never part of an address.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

# With the prefix, browsers take it from this host over HTTPS alone, and from no other's script.
COOKIE = "__Host-visitor" if settings.BEHIND_HTTPS else "visitor"
KEPT_FOR = 180 * 24 * 3600  # seconds
HEADER = "HTTP_X_CHAT_TOKEN"
# Of a websocket: the first is agreed on, the second carries the token.
PROTOCOL, TOKEN_PROTOCOL = "chatsite", "chatsite.token."

_SALT = "chatsite.chat.web.visitors"
_signer = signing.get_cookie_signer(salt=_SALT)


@dataclass(frozen=True, slots=True)
class Proof:
    """The visitor that a browser has proved to be; blank: nobody, who holds nothing."""

    visitor: str
    until: float | None = None  # seconds since 1970; None: as long as the cookie is there
    protocol: str | None = None  # which the websocket has to be accepted with

    @property
    def holds(self) -> bool:
        return self.until is None or time.time() < self.until


def held(cookies: Mapping[str, str]) -> str:
    """The visitor that these cookies prove, or an empty string, which holds nothing."""
    try:
        key = _signer.unsign(cookies.get(COOKIE, ""), max_age=KEPT_FOR)
    except signing.BadSignature:
        return ""
    return hashlib.sha256(key.encode()).hexdigest()


def of(request: HttpRequest) -> str:
    """The visitor of a request: a token is believed alone, whatever cookies come with it."""
    token = request.META.get(HEADER)
    return held(request.COOKIES) if token is None else of_token(token).visitor


def of_socket(scope: Mapping[str, Any]) -> Proof:
    """Of a websocket's opening request."""
    offered = [name for name in scope.get("subprotocols", ()) if name.startswith(TOKEN_PROTOCOL)]
    if not offered:
        return Proof(held(scope["cookies"]))
    proof = of_token(offered[0].removeprefix(TOKEN_PROTOCOL))
    return Proof(proof.visitor, proof.until, PROTOCOL)


def token(visitor: str, until: float) -> str:
    """Proves until then to be this visitor. Fit for a header and a websocket's protocol."""
    return signing.dumps([visitor, int(until)], salt=f"{_SALT}.token").replace(":", "~")


def of_token(given: str) -> Proof:
    try:
        visitor, until = signing.loads(given.replace("~", ":"), salt=f"{_SALT}.token")
    except signing.BadSignature:
        return Proof("", 0.0)
    return Proof(visitor, until) if time.time() < until else Proof("", 0.0)


def without_csrf_where_a_token_proves(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: another site's form sends cookies along, but cannot set our header."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if HEADER in request.META:
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # Django reads it
        return get_response(request)

    return middleware


def recognise(request: HttpRequest, response: HttpResponse) -> None:
    """Give a browser without a valid key a new one."""
    if of(request) or HEADER in request.META:
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
