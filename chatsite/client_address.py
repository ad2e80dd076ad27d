"""Which address a request comes from, as our own proxies saw it. The one place that tells."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from python_ipware import IpWare

HEADER = "X_FORWARDED_FOR"
# Of an address, those that name a network: a household or a phone has a whole /64.
IPV6_BITS = 64


def of(request: HttpRequest) -> str:
    meta = request.META
    return read(meta.get("REMOTE_ADDR", ""), meta.get(f"HTTP_{HEADER}", ""))


def read(peer: str, forwarded: str) -> str:
    """What the outermost of our proxies saw; of a direct request, the connection's other end.

    `peer` is that end, `forwarded` the header. Blank where the header names no address.
    """
    hops = settings.TRUSTED_PROXIES
    if not hops or not forwarded:
        return peer
    # What stands before the words of our own proxies, anybody can write.
    own = ",".join(forwarded.split(",")[-hops:])
    address, _ = _reader(hops).get_client_ip({HEADER: own}, strict=True)
    return str(address or "")


@lru_cache
def _reader(hops: int) -> IpWare:
    # The last proxy is the peer, and not in the header.
    return IpWare(precedence=(HEADER,), proxy_count=hops - 1)
