"""Queries that somebody typed: sorted, filtered and paged by what is no column, day or page."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from chatsite.staff import roles
from tests.chat import told

LISTS = ["o=-4", "o=99.-2.x.--4&q=%00&p=9999999999999999999999", "nothing__gte=2026-13-45"]
PAGES = [
    "month=2026-99&days=-1&page=x&threshold=NaN&view=99999999999999999999&o=-4",
    "month=0001-01&days=x&page=99999999999999999999&threshold=1e400&queue=x&q=%00",
    "from=0001-01-01&to=9999-12-31&aim=saving&saving=inf&tag=%00&version=x",
    "from=2026-12-01&to=2020-01-01&day=2026-02-31&page=-1&version=99999999999999999999",
]
NAMES = [
    *("admin:billing_costs", "admin:billing_visitors", "monitor:quality", "monitor:answers"),
    *("monitor:gaps", "tuning:threshold", "routing_mistakes:list", "inbox:inbox"),
]


@pytest.fixture
def both(db) -> Client:
    """Staff and operator in one, who sees every list and no superuser's column."""
    told.prices()
    told.Told().asks().answered()
    roles.grant()
    user = User.objects.create_user("stan", is_staff=True)
    user.groups.add(*Group.objects.filter(name__in=[roles.STAFF, roles.OPERATORS]))
    browser = Client(raise_request_exception=False, headers={"host": "localhost"})
    browser.force_login(user)
    return browser


def answers(browser: Client, page: str, queries: list[str]) -> dict[str, int]:
    return {query: browser.get(f"{page}?{query}", follow=True).status_code for query in queries}


def test_a_list_is_shown_or_refused_in_words(both):
    site, index = {}, both.get(reverse("admin:index"))
    assert index.status_code == 200  # the lists are registered with the addresses
    for model in admin.site._registry:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        site[page] = answers(both, page, LISTS)

    seen = {page: found for page, found in site.items() if found["o=-4"] != 403}
    assert len(seen) > 20
    assert {found["o=-4"] for found in seen.values()} == {200}
    odd = {page: found for page, found in seen.items() if set(found.values()) - {200, 400}}
    assert odd == {}


def test_a_page_of_figures_is_shown_or_refused_in_words(both):
    site = {name: answers(both, reverse(name), PAGES) for name in NAMES}

    odd = {page: found for page, found in site.items() if set(found.values()) - {200, 400, 404}}
    assert odd == {}
