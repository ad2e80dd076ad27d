"""Which network a request comes from: what budgets and limits count it under."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from chatsite import client_address

# Bits of an address that name a network, as IPV6_BITS do of the longer ones.
IPV4_BITS = 24
# What cannot be read is one network, and not nobody's.
UNKNOWN = "unknown"


def of(request: HttpRequest) -> str:
    """The key of the request's network."""
    return _key(client_address.of(request), settings.SECRET_KEY)


def key(peer: str, forwarded: str) -> str:
    """The same of a socket. `peer`: at the other end of the connection; `forwarded`: the header."""
    return _key(client_address.read(peer, forwarded), settings.SECRET_KEY)


@lru_cache(maxsize=4096)
def _key(address: str, secret: str) -> str:
    """Keyed, because all networks of IPv4 can be tried on a plain hash."""
    salt = "chatsite.chat.network"
    return salted_hmac(salt, _network(address), secret=secret, algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return UNKNOWN
    if isinstance(known, ipaddress.IPv6Address):
        mapped = known.ipv4_mapped
        if mapped is None:
            return str(ipaddress.IPv6Network((int(known), client_address.IPV6_BITS), strict=False))
        known = mapped
    return str(ipaddress.IPv4Network((int(known), IPV4_BITS), strict=False))
