"""What no database takes is answered with 400 and words."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from chatsite.answer_tests.models import CaseSet
from tests.guards import guards


@guards("chatsite/runtime/bad_request_middleware.py", '"" in _to_fields(request)', "False")
@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_window_of_the_admin_that_wants_no_field(client, db, page):
    group = Group.objects.create(name="g")
    client.force_login(User.objects.create_superuser("root"))
    url = f"/admin/auth/group/{group.pk}/{page}/"

    assert client.get(f"{url}?_to_field=").status_code == 400
    assert client.post(url, {"_to_field": "", "name": "h"}).status_code == 400


@guards(
    "chatsite/runtime/bad_request_middleware.py",
    "isinstance(error, ValueError) and any(",
    "False and any(",
)
@pytest.mark.parametrize("chosen", ["x", "\0", "9" * 5000])
def test_a_row_of_the_admin_that_is_chosen_by_no_number(client, db, chosen):
    client.force_login(User.objects.create_superuser("root"))
    action = {"action": "delete_selected", "_selected_action": [chosen]}

    assert client.post("/admin/auth/group/", action).status_code == 400


def test_an_address_that_is_none_in_a_filter(client, db):
    client.force_login(User.objects.create_superuser("root"))

    status = client.get("/admin/usersessions/usersession/?ip__in=x").status_code

    assert status == (400 if connection.vendor == "postgresql" else 200)


FILE = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n'


@guards("chatsite/urls.py", "handler400 =", "_400 =")
@guards("chatsite/urls.py", "handler404 =", "_404 =")
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=utf-7", b"a=b"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", FILE + b"Content-Transfer-Encoding: base64\r\n\r\n!"),
    ],
)
@pytest.mark.parametrize(
    ("path", "status"), [("/widget/demo/", 400), ("/widget/none/open/", 404), ("/none", 404)]
)
def test_a_form_that_cannot_be_read_changes_no_answer(db, kind, body, path, status):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["csrftoken"] = "t" * 32

    response = browser.generic("POST", path, body, content_type=kind)

    assert response.status_code == status


@guards(
    "chatsite/answer_tests/save_confirmation_middleware.py",
    "            if not bad_request_middleware.is_unusable(error):\n                raise\n",
    "            raise\n",
)
@pytest.mark.parametrize("page", [f"{10**20}/history/1/restore/", f"{'9' * 5000}/change/"])
def test_a_number_too_great_for_an_article(page, client, db):
    CaseSet.objects.create(name="Guarding", guards=True)
    client.force_login(User.objects.create_superuser("root"))

    response = client.post(f"/admin/knowledge/article/{page}")

    assert response.status_code in {302, 400, 404}
