"""Which network a request comes from: what budgets and limits count it under."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac
from python_ipware import IpWare

HEADER = "X_FORWARDED_FOR"
# Bits of an address that name a network: a household or a phone has a whole IPv6 /64.
IPV4_BITS, IPV6_BITS = 24, 64
# What cannot be read is one network, and not nobody's.
UNKNOWN = "unknown"


def key(peer: str, forwarded: str) -> str:
    """The network's key. `peer`: at the other end of the connection; `forwarded`: the header."""
    return _key(_client(peer, forwarded), settings.SECRET_KEY)


def _client(peer: str, forwarded: str) -> str:
    """The address that the outermost of our proxies saw; of a direct request, the peer's own."""
    hops = settings.TRUSTED_PROXIES
    if not hops or not forwarded:
        return peer
    # What stands before the words of our own proxies, anybody can write.
    own = ",".join(forwarded.split(",")[-hops:])
    address, _ = _reader(hops).get_client_ip({HEADER: own}, strict=True)
    return str(address) if address else UNKNOWN


@lru_cache
def _reader(hops: int) -> IpWare:
    # The last proxy is the peer, and not in the header.
    return IpWare(precedence=(HEADER,), proxy_count=hops - 1)


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
            return str(ipaddress.IPv6Network((int(known), IPV6_BITS), strict=False))
        known = mapped
    return str(ipaddress.IPv4Network((int(known), IPV4_BITS), strict=False))
