"""Loading the sample shop."""

import html
import re
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from billing.models import Budget, Price
from chatsite.knowledge import articles
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import question
from chatsite.staff import roles
from tests.guards import guards

pytestmark = pytest.mark.django_db


def load_shop() -> str:
    output = StringIO()
    call_command("load_shop", stdout=output)
    return output.getvalue()


def test_the_shop_has_all_that_a_first_chat_needs():
    load_shop()

    assert Article.objects.published().count() == 26
    assert Article.objects.get(slug="business-hours").title == "Business hours"
    assert {"gpt-4", "gpt-3.5-turbo"} <= set(Price.objects.values_list("model", flat=True))
    scopes = set(Budget.objects.filter(active=True).values_list("scope", "period"))
    assert scopes == {
        ("site", "hour"),
        ("site", "day"),
        ("site", "month"),
        ("conversation", "total"),
        ("visitor", "day"),
        ("address", "hour"),
        ("address", "day"),
    }


def test_each_account_is_printed_with_a_password_that_works():
    printed = load_shop()

    passwords = {
        line.split()[1]: line.split()[-1]
        for line in printed.splitlines()
        if "one-time password" in line
    }
    assert set(passwords) == {"admin", "staff", "operator"}
    for name, password in passwords.items():
        assert User.objects.get(username=name).check_password(password)
    groups = {user.username: {g.name for g in user.groups.all()} for user in User.objects.all()}
    assert groups == {"admin": set(), "staff": {roles.STAFF}, "operator": {roles.OPERATORS}}


def test_loading_again_changes_nothing_that_was_edited():
    load_shop()
    article = Article.objects.get(slug="business-hours")
    article.body = "We are always open."
    article.save()
    Budget.objects.filter(scope="conversation").update(limit=7)
    Article.objects.get(slug="customs-and-import-duties").delete()

    printed = load_shop()

    article.refresh_from_db()
    assert (article.body, article.version) == ("We are always open.", 2)
    assert Budget.objects.get(scope="conversation").limit == 7
    assert Article.objects.count() == 26
    assert "password" not in printed


@guards(
    "chatsite/demo/shop/front.json",
    "3. It was a cross-border purchase, from outside the EU.",
    "3. I bought from outside the EU.",
)
def test_each_part_of_a_question_that_the_page_suggests_finds_its_article(client):
    load_shop()

    page = client.get("/", headers={"host": "localhost"}).content.decode()
    suggested = [html.unescape(text) for text in re.findall('name="text" value="([^"]+)"', page)]

    found = [
        {each.slug for each in articles.matching(question.of(text)).matches} for text in suggested
    ]
    for slugs, about in zip(
        found,
        [
            {"business-hours"},
            {"quality-problem-after-use", "opened-limited-editions", "cross-border-returns"},
            {"shipping-costs"},
            {"warranty"},
        ],
        strict=True,
    ):
        assert slugs >= about
