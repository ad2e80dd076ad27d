"""The audit log: who did what, readable in the admin, altered by nobody."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from chatsite.staff.models import AuditEntry

PASSWORD = "a quiet Heron 7"


@pytest.fixture
def root(db, settings) -> Client:
    cache.clear()
    User.objects.create_superuser("root", password=PASSWORD)
    client = Client()
    client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    return client


def said() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("who", "action", "what"))


def test_what_is_changed_in_the_admin_is_kept_also_without_the_account(root):
    fields = {"username": "mia", "usable_password": "true"}
    fields |= {"password1": PASSWORD, "password2": PASSWORD}
    root.post("/admin/auth/user/add/", fields)
    User.objects.get(username="root").delete()

    assert said() == [("root", "signed in", ""), ("root", "added", "mia")]


def test_several_at_once_are_each_a_line(root):
    made = [User.objects.create_user(name) for name in ("ann", "bob")]
    fields = {"action": "delete_selected", "_selected_action": [user.pk for user in made]}

    root.post("/admin/auth/user/", fields | {"post": "yes"})

    assert {line for line in said() if line[1] == "deleted"} == {
        ("root", "deleted", "ann"),
        ("root", "deleted", "bob"),
    }


def test_a_wrong_password_is_a_line(root):
    Client().post("/admin/login/", {"username": "root", "password": "wrong"})

    assert said()[-1] == ("root", "wrong password", "")


def test_nobody_alters_it(root):
    entry = AuditEntry.objects.first()
    assert entry is not None
    page = f"/admin/staff/auditentry/{entry.pk}/"

    assert root.get("/admin/staff/auditentry/").status_code == 200
    assert root.get(f"{page}change/").status_code == 200
    assert root.post(f"{page}change/", {"who": "nobody"}).status_code == 403
    assert root.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    for alter in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(TypeError):
            alter()
    with pytest.raises(TypeError):
        AuditEntry.objects.update(who="nobody")
