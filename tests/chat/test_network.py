"""A request counts for the network that our proxies saw it come from, whatever it says itself."""

import pytest

from chatsite.chat.web import visitor_network

PROXY = "10.0.0.1"
CUSTOMER = "192.0.2.7"


def key(address: str) -> str:
    """Of a direct request."""
    return visitor_network.key(address, "")


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "", PROXY),
        # Anybody can write that.
        (0, CUSTOMER, PROXY),
        (1, CUSTOMER, CUSTOMER),
        (1, f"203.0.113.9, {CUSTOMER}", CUSTOMER),
        (1, f"unknown, {CUSTOMER}", CUSTOMER),
        (1, f"{CUSTOMER}:4711", CUSTOMER),
        (1, f"::ffff:{CUSTOMER}", CUSTOMER),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, '"[2001:db8::7]"', "2001:db8::7"),
        (1, "", PROXY),
        (2, f"203.0.113.9, {CUSTOMER}, 198.51.100.3", CUSTOMER),
    ],
)
def test_it_is_what_the_outermost_of_our_proxies_saw(settings, hops, forwarded, address):
    settings.TRUSTED_PROXIES = hops

    assert visitor_network.key(PROXY, forwarded) == key(address)


@pytest.mark.parametrize(
    "forwarded", ["unknown", "_hidden", "300.1.1.1", "192.0.2.7, unknown", "0.0.0.0", "x" * 9000]
)
def test_what_cannot_be_read_is_one_network_and_not_nobodys(settings, forwarded):
    settings.TRUSTED_PROXIES = 1

    assert visitor_network.key(PROXY, forwarded) == key("not an address") != ""
    assert visitor_network.key(PROXY, forwarded) != key(PROXY)


def test_who_comes_past_the_outer_proxy_is_not_believed(settings):
    settings.TRUSTED_PROXIES = 2

    assert visitor_network.key(PROXY, CUSTOMER) == key("not an address")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.200", True),
        ("192.0.2.7", "192.0.3.7", False),
        ("192.0.2.7", "::ffff:192.0.2.9", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "a socket", True),
    ],
)
def test_a_network_is_a_24_or_a_64(one, other, same):
    assert (key(one) == key(other)) == same


def test_a_key_is_no_plain_hash_of_the_network(settings):
    before = key(CUSTOMER)
    settings.SECRET_KEY = "another key of the site, as long as it has to be"

    assert len(before) == 64
    assert key(CUSTOMER) != before
