import pytest
from django.test import Client

from chatsite.staff import roles
from tests.chat.told import prices
from tests.monitor.people import signed_in


@pytest.fixture
def shop(db) -> None:
    prices()
    roles.grant()


@pytest.fixture
def staff(shop) -> Client:
    return signed_in("staff")
