"""What pages say while the database takes no writes or is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from chatsite.shop import current_shop
from tests.guards import guards


@contextmanager
def away(error: Exception) -> Iterator[None]:
    def fail(execute: Callable[..., Any], *_: Any) -> None:
        raise error

    with connection.execute_wrapper(fail):
        yield


@contextmanager
def read_only() -> Iterator[None]:
    """For the rest of a test's transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield
        return
    connection.ensure_connection()
    connection.connection.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        connection.connection.execute("PRAGMA query_only=OFF")


def refusal() -> Exception:
    """As PostgreSQL refuses what it calls a write, such as a locked row."""
    error = InternalError("read-only")
    error.__cause__ = psycopg.errors.ReadOnlySqlTransaction()
    return error


@pytest.fixture
def browser() -> Client:
    """As a browser is shown it."""
    return Client(raise_request_exception=False)


@guards(
    "chatsite/runtime/error_pages.py",
    "shop = current_shop.last_read()",
    "shop = current_shop.shop()",
)
@pytest.mark.parametrize("path", ["/nope", "/c/nope/", "/static/nope.css", "/api/nope"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_an_address_that_does_not_exist_needs_no_server(
    browser, django_db_blocker: DjangoDbBlocker, path, signed_in
):
    if signed_in:
        browser.cookies["sessionid"] = "s" * 32
    current_shop.forget()
    with django_db_blocker.block():
        response = browser.get(path)

    assert response.status_code == 404


@guards(
    "chatsite/runtime/error_pages.py",
    "isinstance(error, (OperationalError, InterfaceError))",
    "False",
)
@guards("chatsite/runtime/error_pages.py", "if refused or ", "if ")
@guards("chatsite/urls.py", "handler500 =", "_500 =")
@pytest.mark.parametrize(
    "path", ["/", "/help/", "/admin/login/", "/admin/", "/admin/chat/conversation/", "/inbox/"]
)
@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed"), refusal()])
def test_a_site_whose_database_is_away_asks_to_come_again(db, browser, path, error):
    browser.force_login(User.objects.create_superuser("root"))
    current_shop.forget()

    with away(error):
        response = browser.get(path)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "try again in a moment" in response.content.decode()


def test_a_program_is_told_so_too(db, browser):
    with away(OperationalError("gone")):
        response = browser.get("/api/v1/token", headers={"authorization": "Bearer x"})

    assert (response.status_code, response.json()["code"]) == (503, "busy")


def test_a_database_that_takes_no_writes_is_read(db, browser):
    browser.get("/help/")
    with read_only():
        shown = browser.get("/help/")
        sent = browser.post("/admin/login/", {"username": "root", "password": "x"})

    assert shown.status_code == 200
    assert sent.status_code == 503


@guards("chatsite/runtime/error_pages.py", "if is_of_servers(exception) else", "if False else")
def test_staff_whose_session_cannot_be_stored_are_not_told_of_characters(db, browser):
    browser.force_login(User.objects.create_superuser("root"))

    with read_only():
        shown = browser.get("/admin/")

    assert shown.status_code == 503
