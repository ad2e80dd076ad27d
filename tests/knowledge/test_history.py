"""What an article was before: seen, compared and restored in the admin, and gone with it."""

import pytest

from chatsite.knowledge import text_diff
from chatsite.knowledge.models import Article, ArticleVersion
from chatsite.staff import roles
from tests.api.conftest import with_rights
from tests.chat.test_admin import member, signed_in, text
from tests.guards import guards

FORM = {
    "title": "Customs",
    "slug": "customs",
    "body": "Customs may charge duties.\r\n\r\nYou pay them.",
    "language": "",
    "published": "on",
    "audience": "everyone",
}


@guards("chatsite/knowledge/models/article.py", "ArticleVersion.objects.keep(self.pk) + 1", "2")
@guards("chatsite/knowledge/models/article.py", '"saved_by": now.saved_by', '"saved_by": self')
@guards(
    "chatsite/knowledge/models/article.py",
    "self.filter(article=now, number__lte=now.version - self.MOST).delete()",
    "pass",
)
def test_each_save_keeps_the_version_before_and_one_click_brings_it_back(db, monkeypatch):
    owner = signed_in(member("olga", roles.OPERATORS))
    owner.post("/admin/knowledge/article/add/", FORM)
    article = Article.objects.get()
    page = f"/admin/knowledge/article/{article.pk}/"
    owner.post(
        f"{page}change/", {**FORM, "title": "Duties", "body": "Customs never charge duties."}
    )
    program = with_rights("knowledge.view_article", "knowledge.change_article")
    program.patches(f"/articles/{article.pk}", version=2, audience="staff")

    assert [(v.number, v.title, v.saved_by) for v in article.versions.all()] == [
        (2, "Duties", "olga"),
        (1, "Customs", "olga"),
    ]
    latest = owner.get(f"{page}history/")
    assert "access token Help desk" in text(latest)
    assert "Audience before: everyone after: staff only" in text(latest)
    html = owner.get(f"{page}history/", {"from": 1, "to": 2}).content.decode()
    assert '<del><span class="visually-hidden">[removed: </span>may' in html
    assert '<ins><span class="visually-hidden">[added: </span>never' in html
    staff = signed_in(member("nora", roles.STAFF))
    assert staff.post(f"{page}history/1/restore/").status_code == 403

    owner.post(f"{page}history/1/restore/")
    restored = Article.objects.get()
    assert (restored.version, restored.title, restored.audience) == (4, "Customs", "everyone")
    assert restored.body == FORM["body"]
    owner.post(f"{page}history/3/restore/")
    assert Article.objects.get().body == "Customs never charge duties."

    monkeypatch.setattr(ArticleVersion.objects, "MOST", 2)
    Article.objects.get().save()
    assert [version.number for version in article.versions.all()] == [5, 4]
    assert "Article version" not in text(owner.get(f"{page}delete/")).replace("versions: ", "")
    owner.post(f"{page}delete/", {"post": "yes"})
    assert not ArticleVersion.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("a\r\nb", "a\nb\n", []),
        ("", "a", ["+a\n"]),
        ("Pay 5 euros.", "Pay 6 euros.", [" Pay ", "-5", "+6", "  euros.\n"]),
        ("one two three", "vier", ["-one two three\n", "+vier\n"]),
    ],
)
def test_a_difference_is_told_by_words_where_lines_are_alike(old, new, found):
    signs = {"same": " ", "gone": "-", "new": "+"}

    assert [signs[p.kind] + p.text for p in text_diff.between(old, new)] == found


def test_long_texts_show_what_is_near_a_change_and_cost_little():
    lines = [f"line {number}" for number in range(5000)]
    changed = [*lines[:2500], "new", *lines[2500:]]

    pieces = text_diff.between("\n".join(lines), "\n".join(changed))

    assert [p.text for p in pieces if p.kind in {"left out", "new"}] == ["2498", "new\n", "2498"]
    text_diff.between("\n" * 50_000, "x\n" * 25_000)
