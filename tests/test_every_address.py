"""Every address of the site, for everybody, also with garbage: a page or words, never a 500."""

import itertools
import os
import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, UUIDConverter

from chatsite.chat.actions import ask
from chatsite.staff import roles

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "EVERY_ADDRESS" not in os.environ, reason="takes many minutes: set EVERY_ADDRESS=1"
    ),
]

GARBAGE = [
    "\0",
    "%00",
    "x" * 5000,
    "9" * 200,
    "-1",
    "0",
    "١٢",
    "\ud83d".encode("utf-8", "replace").decode(),
    "1e400",
    "NaN",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "2026-99-99",
    "../../etc/passwd",
    "{}",
    "[]",
    "",
]
# What our pages and Django's read from a query or a form.
NAMES = [
    *("q", "o", "p", "e", "all", "before", "seen", "next", "model", "tier", "from", "to", "day"),
    *("month", "days", "threshold", "text", "client_id", "rating", "note", "person", "username"),
    *("password", "action", "_selected_action", "index", "select_across", "limit", "name", "scope"),
    *("period", "key", "active_at__year", "active_at__month", "visitor", "cost", "id__exact", "id"),
    *("_popup", "_to_field", "_changelist_filters", "code", "draft", "page", "format", "share"),
]


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Every route as one text, with its converters."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern).lstrip("^").rstrip("$")
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        elif isinstance(each, URLPattern):
            yield route, dict(getattr(each.pattern, "converters", {}))


def address(route: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        for kind in ("int", "uuid", "path", "str", "slug"):
            route = route.replace(f"<{kind}:{name}>", value)
        route = route.replace(f"<{name}>", value)
    return "/" + route.replace("\\", "").replace("(?P", "").replace("?", "")


def addresses(number: str, name: str) -> list[str]:
    found = []
    for route, converters in patterns(get_resolver()):
        values = {}
        for key, converter in converters.items():
            if isinstance(converter, IntConverter):
                values[key] = number
            elif isinstance(converter, UUIDConverter):
                values[key] = str(uuid.UUID(int=7))
            else:
                values[key] = name
        found.append(address(route, values))
    return sorted(set(found))


@pytest.fixture
def site(db, settings) -> None:
    call_command("load_shop", verbosity=0)
    ask.question(uuid.UUID(int=7), "v" * 64, "Where is my order?", uuid.uuid4())


def client(role: str) -> Client:
    """One that is shown a 500 as a browser is."""
    browser = Client(raise_request_exception=False)
    if role == "superuser":
        browser.force_login(User.objects.create_superuser("root"))
    elif role != "anonymous":
        roles.grant()
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        browser.force_login(user)
    return browser


ROLES = ["anonymous", roles.STAFF, roles.OPERATORS, "superuser"]


@pytest.mark.parametrize("role", ROLES)
def test_no_address_fails_for_anybody(site, role):
    browser = client(role)
    answers = {}
    for number, name in (("1", "1"), ("9" * 30, "garbage_00"), ("0", "x" * 300)):
        for each in addresses(number, name):
            if "logout" in each:
                continue
            answers["GET", each] = browser.get(each).status_code
            answers["POST", each] = browser.post(each, {"x": "y"}).status_code

    assert {key: code for key, code in answers.items() if code >= 500} == {}
    if role == "anonymous":
        shown = {each for (_, each), code in answers.items() if code == 200 and "/admin/" in each}
        assert {each for each in shown if not each.startswith(OPEN)} == set()


# Of the admin, what one sees before one has signed in.
OPEN = ("/admin/login/", "/admin/account/", "/admin/jsi18n/")


@pytest.mark.parametrize("garbage", GARBAGE, ids=ascii)
def test_garbage_in_a_query_is_answered_with_words(site, garbage):
    browser = client("superuser")
    answers = {}
    pages = [each for each in addresses("1", "1") if "logout" not in each]
    for each, names in zip(pages, itertools.cycle([NAMES[::2], NAMES[1::2], NAMES])):
        answers["GET", each] = browser.get(each, dict.fromkeys(names, garbage)).status_code

    assert {key: code for key, code in answers.items() if code >= 500} == {}


@pytest.mark.parametrize("garbage", ["\0", "9" * 200, "x" * 5000, "NaN", "", "-1"], ids=ascii)
def test_garbage_in_a_form_is_answered_with_words(site, garbage):
    browser = client("superuser")
    answers = {}
    for each in addresses("1", "1"):
        if "logout" in each or "delete" in each:
            continue
        fields = dict.fromkeys(NAMES, garbage)
        shown = browser.get(each)
        form = (shown.context or {}).get("adminform") if shown.status_code == 200 else None
        if form is not None:
            fields |= dict.fromkeys(form.form.fields, garbage)
        answers[each] = browser.post(each, fields).status_code

    assert {key: code for key, code in answers.items() if code >= 500} == {}


@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "visitor", "messages", "known_browser"])
@pytest.mark.parametrize("garbage", [r'"aaaaaaaaaaaa\000"', "x" * 4000, '"\\303"', "é"], ids=ascii)
def test_garbage_in_a_cookie_is_answered_with_words(site, name, garbage):
    browser = client("anonymous")
    for page in ("/", "/new/", "/admin/", "/admin/login/", f"/c/{uuid.UUID(int=7)}/"):
        assert browser.get(page, headers={"cookie": f"{name}={garbage}"}).status_code < 500
