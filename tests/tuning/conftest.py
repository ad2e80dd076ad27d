"""A site with some traffic, and who looks at it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chatsite.staff import roles
from tests.chat import told
from tests.chat.told import Told


def signed_in(name: str, group: str) -> Client:
    roles.grant()
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


@pytest.fixture
def operator(db) -> Client:
    return signed_in("olga", roles.OPERATORS)


@pytest.fixture
def staff(db) -> Client:
    return signed_in("stan", roles.STAFF)


@pytest.fixture
def answered(db, monkeypatch) -> Callable[..., Told]:
    """Have questions answered now, by the cheap tier unless a score reaches 7."""
    told.prices()
    monkeypatch.setattr(told, "NOW", timezone.now())

    def answer(score: float, question: str = "What are your business hours?") -> Told:
        conversation = Told(visitor=question).asks(question)
        conversation.begins("strong" if score >= 7 else "cheap", score)
        conversation.ends()
        return conversation

    return answer
