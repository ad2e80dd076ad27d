"""Access tokens: made and withdrawn in the admin, and what they open."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from chatsite.api.models import AccessToken
from chatsite.staff.models import AuditEntry
from tests.api.conftest import Program, with_rights
from tests.chat.test_admin import signed_in, text
from tests.guards import guards

LIST = "/admin/api/accesstoken/"


def made(client: Client, account: User, name: str = "Help desk"):
    return client.post(f"{LIST}add/", {"name": name, "account": account.pk})


def with_key(key: str, **headers: str):
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {key}", **headers})
    return client.get("/api/v1/token")


def test_an_operator_makes_a_token_that_is_shown_once(operator, nora):
    response = made(operator, nora)

    key = re.search(r"data-token>([^<]+)<", response.content.decode())
    assert key
    token = AccessToken.objects.get()
    assert with_key(key[1]).json()["account"] == "nora"
    assert (token.name, token.ending, str(token.made_by)) == ("Help desk", key[1][-4:], "omar")
    assert key[1] not in "".join(str(value) for value in vars(token).values())
    assert "no-store" in response["Cache-Control"]
    assert key[1] not in operator.get(f"{LIST}{token.pk}/change/").content.decode()
    assert key[1] not in operator.get(LIST).content.decode()
    assert str(AuditEntry.objects.latest("id")) == "omar added Help desk"


@guards(
    "chatsite/api/admin.py",
    "if account.get_all_permissions() - self.maker.get_all_permissions():",
    "if not account:",
)
def test_nobody_gains_a_right_by_a_token(operator):
    response = made(operator, User.objects.create_superuser("root"))

    assert "This account has permissions that you do not have." in text(response)
    assert not AccessToken.objects.exists()


def test_staff_make_no_tokens(nora):
    assert made(signed_in(nora), nora).status_code == 403
    assert signed_in(nora).get(LIST).status_code == 403


@guards("chatsite/api/models.py", "withdrawn_at=None, account__is_active", "account__is_active")
def test_a_withdrawn_token_opens_nothing(operator, program):
    assert program.gets("/token").status_code == 200

    operator.post(LIST, {"action": "withdraw", "_selected_action": [program.token.pk]})

    assert program.gets("/token").status_code == 401
    entry = AuditEntry.objects.latest("id")
    assert (entry.who, entry.what, entry.details) == ("omar", "Help desk", "Revoked.")


@guards("chatsite/api/models.py", ", account__is_active=True")
def test_the_token_of_an_account_that_is_switched_off_opens_nothing(program):
    program.account.is_active = False
    program.account.save()

    assert program.gets("/token").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer \xff"},
        {"authorization": "Basic bm9yYTpub3Jh"},
    ],
)
def test_who_has_no_token_is_told_how_to_get_one(db, headers):
    response = Client(headers=headers).get("/api/v1/token")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "unauthorized"
    assert "Authorization: Bearer" in response.json()["message"]


def test_a_session_is_no_token(nora):
    assert signed_in(nora).get("/api/v1/token").status_code == 401


def test_a_token_says_what_it_may_do(program):
    found = with_rights("chat.view_conversation", name="reader").gets("/token").json()

    assert found == {
        "name": "Help desk",
        "account": "reader",
        "permissions": ["chat.view_conversation"],
    }


def test_its_use_is_noted(program):
    program.gets("/token")
    first = AccessToken.objects.get().used_at
    program.gets("/token")

    assert first is not None
    assert AccessToken.objects.get().used_at == first


@guards("chatsite/api/access.py", '        rate_limits.calling(f"token {found.pk}")\n')
def test_a_token_that_calls_too_often_waits(program, settings):
    cache.clear()
    settings.CALLS_PER_TOKEN = 3
    other = with_rights(name="other")

    codes = [program.gets("/token").status_code for _ in range(4)]

    assert codes == [200, 200, 200, 429]
    response = program.gets("/token")
    assert response["Retry-After"] == "60"
    assert response.json()["code"] == "too_fast"
    assert other.gets("/token").status_code == 200


def test_its_account_goes_and_takes_the_token_along(program):
    program.account.delete()

    assert program.gets("/token").status_code == 401


@pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/token"])
def test_an_address_that_leads_nowhere_is_answered_in_json(db, address):
    strict = Client(enforce_csrf_checks=True)

    for response in (strict.get(address), strict.post(address)):
        assert (response.status_code, response.json()["code"]) == (404, "no_such_address")


def test_a_query_that_no_database_takes_is_answered_in_json(program):
    response = program.gets("/contacts", email="\0")

    assert (response.status_code, response.json()["code"]) == (400, "unreadable")


def test_what_there_is_is_described_for_programs(db):
    described = Client().get("/api/v1/openapi.json").json()

    assert described["openapi"].startswith("3.")
    assert described["components"]["securitySchemes"] == {
        "Bearer": {"type": "http", "scheme": "bearer"}
    }
    operations = [each for path in described["paths"].values() for each in path.values()]
    assert all(each["security"] == [{"Bearer": []}] for each in operations)
    assert all(each["description"] for each in operations)


def test_a_program_needs_no_staff_account(operator):
    account = User.objects.create_user("desk")

    made(operator, account)

    assert Program(account).gets("/token").status_code == 200
