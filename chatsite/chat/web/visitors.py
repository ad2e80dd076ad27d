"""Who a browser is: a random key in a signed cookie, of which the database holds a hash."""

import hashlib
import ipaddress
import secrets
from collections.abc import Mapping

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

# With the prefix, browsers take it from this host over HTTPS alone, and from no other's script.
COOKIE = "__Host-visitor" if settings.BEHIND_HTTPS else "visitor"
NETWORK = 64  # bits of an IPv6 address that name a network
KEPT_FOR = 180 * 24 * 3600  # seconds

_signer = signing.get_cookie_signer(salt="chatsite.chat.web.visitors")


def held(cookies: Mapping[str, str]) -> str:
    """The visitor that these cookies prove, or an empty string, which holds nothing."""
    try:
        key = _signer.unsign(cookies.get(COOKIE, ""), max_age=KEPT_FOR)
    except signing.BadSignature:
        return ""
    return hashlib.sha256(key.encode()).hexdigest()


def address(peer: str, forwarded: str) -> str:
    """The network address at the other end; behind a proxy, the one that the proxy saw."""
    # The last in X-Forwarded-For is the proxy's own word; those before it anybody can write.
    last = forwarded.rpartition(",")[2].strip()
    return last if settings.BEHIND_HTTPS and last else peer


def address_key(address: str) -> str:
    """What budgets know a network address by; blank where it is none.

    An IPv6 address is known by its network: a household or a phone has as many as it likes. Keyed,
    because all of IPv4 can be tried on a plain hash.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        known = mapped or ipaddress.IPv6Network((known, NETWORK), strict=False).network_address
    salt = "chatsite.chat.web.visitors.address"
    return salted_hmac(salt, str(known), algorithm="sha256").hexdigest()


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
