"""Programs with access tokens, and what they may do."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from chatsite.api.models import AccessToken
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in
from tests.inbox.conftest import nora, told  # noqa: F401  # fixtures

ALL = (
    *("chat.view_conversation", "chat.add_conversation", "chat.take_over", "widget.view_customer"),
    *("knowledge.view_article", "knowledge.add_article", "knowledge.change_article"),
)


@dataclass
class Program:
    """A program with a token of its own; `account` is whose rights it has."""

    account: User
    token: AccessToken = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = AccessToken(name="Help desk", account=self.account)
        self.key = self.token.new_key()
        self.token.save()

    @property
    def headers(self) -> dict[str, str]:
        return {"host": "localhost", "authorization": f"Bearer {self.key}"}

    def gets(self, path: str, **query: Any) -> Any:
        return Client(headers=self.headers).get(f"/api/v1{path}", query)

    def posts(self, path: str, **content: Any) -> Any:
        return self._sends("post", path, content)

    def patches(self, path: str, **content: Any) -> Any:
        return self._sends("patch", path, content)

    def _sends(self, method: str, path: str, content: dict[str, Any]) -> Any:
        client = Client(headers=self.headers)
        send = getattr(client, method)
        return send(f"/api/v1{path}", content, content_type="application/json")


def with_rights(*labels: str, name: str = "desk") -> Program:
    account = User.objects.create_user(name)
    for label in labels:
        app, _, codename = label.partition(".")
        account.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return Program(account)


@pytest.fixture
def program(db) -> Program:
    return with_rights(*ALL)


@pytest.fixture
def operator(db) -> Client:
    return signed_in(member("omar", roles.OPERATORS))
