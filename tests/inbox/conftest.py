"""Two members of staff, a customer, and the shop's prices."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatsite.inbox import cached_reads
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in
from tests.chat.told import Told, prices


@pytest.fixture(autouse=True)
def nothing_is_shared(monkeypatch):
    """Each look is a look at the database."""
    monkeypatch.setattr(cached_reads, "FOR", 0)
    monkeypatch.setattr(cached_reads, "_found", {})


@pytest.fixture
def told(db) -> Told:
    prices()
    return Told().asks("My pen leaks.").answered("Wipe the nib.")


@pytest.fixture
def nora(db) -> User:
    return member("nora", roles.STAFF)


@pytest.fixture
def olga(db) -> User:
    return member("olga", roles.STAFF)


@pytest.fixture
def staff(nora) -> Client:
    return signed_in(nora)
