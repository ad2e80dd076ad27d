"""Roles in the admin, and the change of a first password."""

import pytest
from django.contrib.auth.models import Group, User

from chatsite.staff import accounts, roles
from tests.guards import guards


@pytest.fixture
def staff(db) -> tuple[User, str]:
    roles.grant()
    password = accounts.create("mia", roles.STAFF)
    assert password is not None
    return User.objects.get(username="mia"), password


def sign_in(client, username: str, password: str):
    return client.post("/admin/login/", {"username": username, "password": password})


def test_a_first_password_opens_nothing_but_its_own_change(client, staff):
    _, password = staff

    assert sign_in(client, "mia", password).status_code == 302

    for page in ("/admin/", "/admin/chat/conversation/"):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (302, "/admin/password_change/")
    assert client.get("/admin/password_change/").status_code == 200
    assert client.get("/help/").status_code == 200


@guards("chatsite/staff/accounts.py", "request.session[_WANTED] = request.get_full_path()", "pass")
def test_after_the_change_whoever_wanted_a_page_is_there(client, staff):
    _, password = staff
    sign_in(client, "mia", password)
    client.get("/admin/chat/conversation/?person=waiting")

    new = "a quiet Heron 7"
    answer = client.post(
        "/admin/password_change/",
        {"old_password": password, "new_password1": new, "new_password2": new},
        follow=True,
    )

    assert answer.redirect_chain[-1][0] == "/admin/chat/conversation/?person=waiting"
    assert "Your password was changed." in answer.content.decode()


def test_a_changed_password_opens_the_admin(client, staff):
    _, password = staff
    sign_in(client, "mia", password)

    client.post(
        "/admin/password_change/",
        {
            "old_password": password,
            "new_password1": "a quiet Heron 7",
            "new_password2": "a quiet Heron 7",
        },
    )

    assert client.get("/admin/").status_code == 200


def test_an_account_that_exists_keeps_its_password(staff):
    user, password = staff

    assert accounts.create("mia", roles.OPERATORS) is None

    user.refresh_from_db()
    assert user.check_password(password)
    assert [group.name for group in user.groups.all()] == [roles.STAFF]


def test_without_a_group_an_account_may_do_everything(db):
    accounts.create("root")

    assert User.objects.get(username="root").is_superuser


def test_every_permission_of_a_role_exists(db):
    roles.grant()
    roles.grant()

    for name, labels in roles.PERMISSIONS.items():
        held = Group.objects.get(name=name).permissions.all()
        assert {f"{p.content_type.app_label}.{p.codename}" for p in held} == labels


def test_staff_read_and_operators_tune(staff):
    user, _ = staff
    operator = User.objects.create_user("olu")
    operator.groups.add(Group.objects.get(name=roles.OPERATORS))

    assert user.has_perm("chat.view_conversation")
    assert not user.has_perm("routing.add_policy")
    assert not user.has_perm("billing.change_budget")
    assert operator.has_perm("routing.add_policy")
    assert operator.has_perm("billing.add_price")
    for label in ("auth.change_user", "billing.delete_ledgerentry", "routing.change_policy"):
        assert not operator.has_perm(label)
