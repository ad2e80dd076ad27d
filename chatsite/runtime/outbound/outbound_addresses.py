"""Which machines may be connected to: those of the internet, and none of our own network. Pure."""

import ipaddress


def is_public(address: str) -> bool:
    """Whether this IP address is on the internet, and nobody's own network or machine."""
    known = ipaddress.ip_address(address)
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known.sixtofour or known
    return known.is_global and not known.is_multicast


def is_number(host: str) -> bool:
    """What aiohttp connects to without asking the resolver, 127.1 and 2130706433 among it."""
    return ":" in host or host.replace(".", "").isdigit()


def is_public_literal(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False
