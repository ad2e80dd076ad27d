"""Where events may be sent: to the internet by HTTPS, and elsewhere only if the owner says so."""

from urllib.parse import urlsplit

from django.conf import settings

from chatsite.runtime.outbound import outbound_addresses

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def problem(url: str) -> str:
    """Why this address is not one, as a sentence; blank where it is. A name is looked up later."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "This is not a web address."
    if "@" in parts.netloc or not host:
        return "A web address has a host and no user name."
    if parts.scheme == "http" and settings.DEBUG and host in LOOPBACK:
        return ""
    if parts.scheme != "https":
        return "The address must begin with https://."
    if may_be_private() or not outbound_addresses.is_number(host):
        return ""
    is_public = outbound_addresses.is_public_literal(host)
    return "" if is_public else "This address is not on the internet."


def may_be_private(url: str = "") -> bool:
    """Whether the owner allows addresses of a private network, or it is this machine in DEBUG."""
    own = settings.DEBUG and (urlsplit(url).hostname or "") in LOOPBACK
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or own
