"""The address by which a reply finds its conversation, signed so that nobody guesses one. Pure."""

import re

from django.utils.crypto import constant_time_compare, salted_hmac

# Letters of the signature: 80 bits, in lower case, as some servers write addresses.
LONGEST = 20
_TOKEN = re.compile(r"^(\d{1,18})-([0-9a-f]{20})$")


def of(conversation: int, customer: str, base: str) -> str:
    """`base` is as REPLY_ADDRESS says it; the customer's address is part of what is signed."""
    name, _, domain = base.rpartition("@")
    return f"{name}+{conversation}-{_signature(conversation, customer)}@{domain}"


def number(address: str, base: str) -> tuple[int, str] | None:
    """The conversation that an address names, and its signature, which `is_of` is asked about."""
    name, _, domain = base.lower().rpartition("@")
    local, _, at = address.lower().rpartition("@")
    if at != domain or not local.startswith(f"{name}+"):
        return None
    found = _TOKEN.match(local.removeprefix(f"{name}+"))
    return (int(found[1]), found[2]) if found else None


def is_of(signature: str, conversation: int, customer: str) -> bool:
    return bool(customer) and constant_time_compare(signature, _signature(conversation, customer))


def _signature(conversation: int, customer: str) -> str:
    value = f"{conversation} {customer.lower()}"
    mac = salted_hmac("chatsite.mail.reply_address", value, algorithm="sha256")
    return mac.hexdigest()[:LONGEST]
