"""Articles for programs: listed, read, added, changed by version, published."""

import pytest
from django.test import Client

from chatsite.knowledge.models import Article
from chatsite.staff.models import AuditEntry
from tests.api.conftest import ALL, Program, with_rights
from tests.guards import guards

NEW = {"title": "Nibs", "slug": "nibs", "body": "Rinse them in **water**."}


@pytest.fixture
def article(db) -> Article:
    return Article.objects.create(title="Ink", slug="ink", body="It is blue.", published=True)


def changes(program: Program, article: Article, **fields: object):
    return program.patches(f"/articles/{article.pk}", **fields)


def ids(program: Program, **query: str) -> list[int]:
    return [each["id"] for each in program.gets("/articles", **query).json()["articles"]]


def test_an_article_is_added_unseen_and_then_published(program, db):
    response = program.posts("/articles", **NEW)

    added = response.json()
    assert response.status_code == 201
    assert (added["published"], added["version"]) == (False, 1)
    assert Client().get("/help/nibs/").status_code == 404
    published = program.patches(f"/articles/{added['id']}", version=1, published=True).json()
    assert (published["published"], published["version"]) == (True, 2)
    assert "<strong>water</strong>" in Client().get("/help/nibs/").content.decode()
    assert published["url"].endswith("/help/nibs/")


def test_what_is_left_out_stays(program, article):
    changed = changes(program, article, version=1, body="It is black.").json()

    assert (changed["title"], changed["body"], changed["version"]) == ("Ink", "It is black.", 2)
    assert program.gets(f"/articles/{article.pk}").json() == changed


@guards("chatsite/api/articles.py", "if row.version != sent.version:", "if False:")
def test_nobody_writes_over_what_they_have_not_read(program, article):
    changes(program, article, version=1, body="It is black.")

    response = changes(program, article, version=1, body="It is red.")

    assert (response.status_code, response.json()["code"]) == (409, "other_version")
    assert "version 2" in response.json()["message"]
    assert Article.objects.get().body == "It is black."


def test_the_same_once_more_is_no_new_version(program, article):
    assert changes(program, article, version=1, title="Ink").json()["version"] == 1
    assert not AuditEntry.objects.exists()


def test_they_are_listed_page_by_page_and_found(program, article):
    hidden = program.posts("/articles", **NEW).json()["id"]

    first = program.gets("/articles", limit=1).json()
    second = program.gets("/articles", limit=1, after=first["next"]).json()

    assert [each["id"] for each in first["articles"] + second["articles"]] == [article.pk, hidden]
    assert second["next"] is None
    assert "body" not in first["articles"][0]
    assert ids(program, published="false") == [hidden]
    assert ids(program, slug="ink") == [article.pk]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"slug": "ink"}, "slug"),
        ({"slug": "two words"}, "slug"),
        ({"slug": "nibs\n"}, "slug"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"body": "\x00"}, "body"),
        ({"body": "\ud800"}, "body"),
        ({"body": "x" * 50_001}, "body"),
        ({"language": "xx"}, "language"),
        ({"published": "perhaps"}, "published"),
    ],
)
def test_what_is_wrong_is_named(program, article, fields, wrong):
    response = program.posts("/articles", **{**NEW, **fields})

    assert (response.status_code, list(response.json()["fields"])) == (422, [wrong])
    assert Article.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("gets", "", "knowledge.view_article"),
        ("gets", "/ID", "knowledge.view_article"),
        ("posts", "", "knowledge.add_article"),
        ("patches", "/ID", "knowledge.change_article"),
    ],
)
def test_each_needs_its_permission_and_an_article(program, article, method, path, permission):
    rest = with_rights(*(each for each in ALL if each != permission), name="rest")
    fields = {"version": 1, "limit": 1} if path or method == "gets" else NEW

    response = getattr(rest, method)(f"/articles{path}".replace("ID", str(article.pk)), **fields)

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    if path:
        missing = getattr(program, method)("/articles/999", **fields)
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_the_log_says_who_changed_what_by_which_token(program, article):
    changes(program, article, version=1, body="It is black.", title="Inks")
    program.posts("/articles", **NEW)

    lines = AuditEntry.objects.order_by("id").values_list("who", "action", "what", "details")
    assert list(lines) == [
        ("desk", "changed", "Inks", "Changed body, title. By access token Help desk."),
        ("desk", "added", "Nibs", "Added. By access token Help desk."),
    ]


def test_an_id_that_no_database_has_is_refused(program):
    response = program.gets("/articles/" + "9" * 30)

    assert (response.status_code, list(response.json()["fields"])) == (422, ["article_id"])
