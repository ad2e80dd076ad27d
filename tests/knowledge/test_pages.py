"""The help pages and the admin's search box."""

import pytest

from chatsite.knowledge.models import Article
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in
from tests.guards import guards


def test_the_index_lists_published_articles(client, shelf):
    Article.objects.filter(slug="customs").update(published=False)

    page = client.get("/help/").content.decode()

    assert 'href="/help/gift-cards/"' in page
    assert "/help/customs/" not in page


def test_the_help_pages_are_searched(client, shelf):
    page = client.get("/help/", {"q": "  how do I pay with a gift card? "}).content.decode()

    assert 'href="/help/gift-cards/"' in page
    assert 'value="how do I pay with a gift card?"' in page


@pytest.mark.parametrize("asked", ["chromodynamics", "<b>chromo</b>", "?" * 9000])
def test_a_search_without_a_result_leads_on(client, shelf, asked):
    page = client.get("/help/", {"q": asked}).content.decode()

    assert "Nothing found" in page
    assert "Ask us in the chat" in page
    assert "<b>" not in page


def test_an_article_is_shown_as_formatted_text_and_never_as_markup(client, db):
    Article.objects.create(
        slug="rules", title="<b>Rules</b>", body="**Short** rules.\n\n<script>alert(1)</script>"
    )

    page = client.get("/help/rules/").content.decode()

    assert "<strong>Short</strong>" in page
    assert "&lt;b&gt;Rules&lt;/b&gt;" in page
    assert "<script>alert(1)" not in page


def test_an_unpublished_article_is_not_there(client, shelf):
    Article.objects.filter(slug="customs").update(published=False)

    assert client.get("/help/customs/").status_code == 404
    assert client.get("/help/never-written/").status_code == 404


def test_every_save_is_a_new_version(shelf):
    article = shelf["customs"]
    assert article.version == 1

    article.body = "Nothing is due."
    article.save()

    article.refresh_from_db()
    assert article.version == 2


def test_the_admin_shows_what_a_question_would_find(admin_client, shelf):
    page = admin_client.get("/admin/knowledge/article/question/", {"text": "gift card"})

    html = page.content.decode()
    assert html.index("Gift cards") < html.index("Customs")
    assert "Evidence <strong>" in html
    assert "words alone" in html


@guards("chatsite/knowledge/admin.py", "chosen in Audience.values", "not chosen")
def test_a_search_is_tried_as_any_reader(admin_client, shelf):
    Article.objects.filter(slug="customs").update(audience="signed_in")

    def tried(reader: str) -> str:
        asked = {"text": "customs duties", "reader": reader}
        page = admin_client.get("/admin/knowledge/article/question/", asked)
        return str(page.content.decode())

    assert "<td>signed-in customers</td>" in tried("signed_in")
    assert '<option value="signed_in" selected>' in tried("signed_in")
    for reader in ("everyone", "", "nobody"):
        assert "<td>signed-in customers</td>" not in tried(reader)


def test_the_admin_says_when_a_question_finds_nothing(admin_client, shelf):
    page = admin_client.get("/admin/knowledge/article/question/", {"text": "chromodynamics"})

    assert "No article matches." in page.content.decode()


def test_the_list_of_articles_leads_to_the_search_box(admin_client, shelf):
    page = admin_client.get("/admin/knowledge/article/")

    assert "/admin/knowledge/article/question/" in page.content.decode()


@pytest.mark.parametrize("address", ["", "question/", "add/"])
def test_articles_in_the_admin_need_a_permission(client, django_user_model, address):
    client.force_login(django_user_model.objects.create_user("temp", is_staff=True))

    assert client.get(f"/admin/knowledge/article/{address}").status_code == 403


def test_an_article_is_seen_as_customers_will_before_it_is_saved(db):
    owner = signed_in(member("olga", roles.OPERATORS))

    given = {"title": "Rules", "body": "**Short** rules. <script>alert(1)</script>"}
    page = owner.post("/admin/knowledge/article/preview/", given)

    assert "<strong>Short</strong>" in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert (
        "frame-src 'self'" in owner.get("/admin/knowledge/article/add/")["Content-Security-Policy"]
    )
    assert not Article.objects.exists()
    staff = signed_in(member("nora", roles.STAFF))
    assert staff.post("/admin/knowledge/article/preview/", given).status_code == 403
