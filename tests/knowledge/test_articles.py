"""Which articles a question finds, on the database that the tests run on."""

import json
import statistics
import time
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from billing import clock
from chatsite.knowledge import articles, current_search_index
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import question as asked
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in, text
from tests.guards import guards

HOST = {"host": "localhost"}
SHOP = settings.BASE_DIR / "chatsite" / "demo" / "shop"


def slugs(question: str, limit: int = 4) -> list[str]:
    return [match.slug for match in articles.matching(asked.of(question), limit=limit).matches]


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ("When are you open?", "opening-hours"),
        ("opening times pls", "opening-hours"),
        ("Can I RETURN this?", "returns"),
        ("what happens to returned items", "returns"),
        ("Is my gift card still valid?", "gift-cards"),
        ("importing: which duty?", "customs"),
    ],
)
def test_a_question_finds_its_article_first(shelf, question, slug):
    assert slugs(question)[0] == slug


def test_a_question_in_parts_finds_an_article_for_each(shelf):
    question = "1) When do you open? 2) How do I return something? 3) Are duties charged?"

    assert set(slugs(question, 3)) == {"opening-hours", "returns", "customs"}


def test_a_match_carries_what_a_prompt_and_a_link_need(shelf):
    match = articles.matching(asked.of("gift card")).matches[0]

    assert (match.id, match.title) == (shelf["gift-cards"].pk, "Gift cards")
    assert match.body == shelf["gift-cards"].body
    assert match.url == "/help/gift-cards/"
    assert 0 < match.relevance <= 1


def test_better_matches_come_first(shelf):
    relevances = [
        match.relevance for match in articles.matching(asked.of("gift card duties")).matches
    ]

    assert len(relevances) > 1
    assert relevances == sorted(relevances, reverse=True)


def test_a_title_tells_more_than_a_mention(shelf):
    assert slugs("cards") == ["gift-cards", "customs"]


def test_evidence_says_how_much_of_the_question_is_covered(shelf):
    covered = articles.matching(asked.of("How long is a gift card valid?")).evidence
    partly = articles.matching(asked.of("Can a gift card pay a plumber in Sydney?")).evidence

    assert 1 >= covered > partly > 0


@pytest.mark.parametrize("question", ["", "?!", "the of and", "quantum chromodynamics", "你好吗"])
def test_nothing_shared_finds_nothing(shelf, question):
    found = articles.matching(asked.of(question))

    assert (found.matches, found.evidence, found.edition) == ((), 0.0, "")


@pytest.mark.parametrize(
    "question",
    [
        '"gift" AND card* OR (NOT NEAR/3 ^title : -card)',
        "gift card'; DROP TABLE knowledge_article; --",
        "gift & card | ! <-> :* \\ %s %% {} $$",
        "gift card 🎁🎁 \x00 \ud800 \u202e ﬁ İ ß",
        "gift card " + "lorem ipsum dolor " * 6000 + "gift card",
        "gift card " + "".join(f"word{number} " for number in range(10_000)) + "gift card",
        "gift card " + "x" * 100_000 + " gift card",
        "подарок礼物カード gift card",
    ],
)
def test_any_text_is_only_words(shelf, question):
    assert "gift-cards" in slugs(question)


def test_an_article_is_found_as_it_stands_now(shelf):
    article = shelf["gift-cards"]

    article.title, article.body = "Vouchers", "A voucher lasts for 3 years."
    article.save()

    assert slugs("voucher") == ["gift-cards"]
    assert slugs("gift") == ["customs"]


def test_only_published_articles_are_found(shelf):
    Article.objects.filter(slug="gift-cards").update(published=False)
    assert slugs("gift card") == ["customs"]

    Article.objects.filter(slug="gift-cards").update(published=True)
    assert slugs("gift card")[0] == "gift-cards"


@guards(
    "chatsite/knowledge/current_search_index.py", "self.since <= clock.now() < self.until", "True"
)
@guards(
    "chatsite/knowledge/current_search_index.py",
    "edition = _edition_without(every.edition, hidden)",
    "edition = every.edition",
)
@guards(
    "chatsite/knowledge/models/article.py",
    "self.published().filter(begun, lasts, ",
    "self.published().filter(",
)
def test_an_article_is_found_and_shown_from_its_first_moment_to_its_last(shelf, monkeypatch):
    owner = signed_in(member("olga", roles.OPERATORS))
    now = clock.now()
    starts, ends = now + timedelta(hours=1), now + timedelta(hours=2)
    address = f"/admin/knowledge/article/{shelf['gift-cards'].pk}/change/"
    form = {
        **{name: getattr(shelf["gift-cards"], name) for name in ("title", "slug", "body")},
        "published": "on",
        "audience": "everyone",
    }
    for name, at in (("valid_from", starts), ("valid_until", ends)):
        local = timezone.localtime(at)
        form |= {f"{name}_0": local.date().isoformat(), f"{name}_1": f"{local:%H:%M:%S}"}
    backwards = {**form, "valid_until_0": "2001-01-01"}
    assert "cannot end before it begins" in text(owner.post(address, backwards))
    owner.post(address, form)

    def seen(at: datetime) -> tuple[bool | int, ...]:
        monkeypatch.setattr(clock, "now", lambda: at)
        found = "gift-cards" in slugs("gift card")
        page = owner.get("/admin/knowledge/article/").content.decode()
        said = "Scheduled: " in page, ">Until " in page, "Expired: " in page
        listed = Client().get("/help/", headers=HOST).content.decode().count("/help/gift-cards/")
        status = Client().get("/help/gift-cards/", headers=HOST).status_code
        edition = articles.matching(asked.of("customs")).edition
        assert edition in current_search_index.editions()
        editions.append(edition)
        return found, listed, status, *said

    editions: list[str] = []
    assert seen(now) == (False, 0, 404, True, False, False)
    assert seen(starts) == (True, 1, 200, False, True, False)
    assert seen(ends) == (False, 0, 404, False, False, True)
    # Saved answers go by it.
    assert editions[0] == editions[2] != editions[1]
    expired = owner.get("/admin/knowledge/article/", {"validity": "expired"}).content.decode()
    assert "Gift cards" in expired
    assert "Customs" not in expired


def test_a_deleted_article_is_not_found(shelf):
    shelf["gift-cards"].delete()

    assert slugs("gift card") == ["customs"]


@pytest.mark.django_db(transaction=True)
def test_emptied_tables_leave_nothing_to_find():
    Article.objects.create(slug="gift-cards", title="Gift cards", body="They last.")

    Article.objects.all()._raw_delete(connection.alias)

    assert slugs("gift card") == []


@pytest.fixture
def shop(db) -> None:
    """The sample shop's articles as their files hold them."""
    for path in sorted((SHOP / "articles").glob("*.md")):
        title, _, body = path.read_text().partition("\n")
        Article.objects.create(slug=path.stem[3:], title=title.removeprefix("# "), body=body)


def test_customers_questions_find_the_sample_shops_articles(shop, record_property):
    questions = json.loads((SHOP / "questions.json").read_text())

    ranks = []
    for each in questions:
        wanted = each["article"][3:]
        found = slugs(each["question"], 5)
        ranks.append(found.index(wanted) if wanted in found else len(found))

    record_property("hit@1", sum(rank < 1 for rank in ranks) / len(ranks))
    record_property("hit@4", sum(rank < 4 for rank in ranks) / len(ranks))
    assert sum(rank < 3 for rank in ranks) / len(ranks) >= 0.9


def test_a_search_costs_no_time_that_anyone_notices(shop):
    questions = [each["question"] for each in json.loads((SHOP / "questions.json").read_text())]
    articles.matching(asked.of(questions[0]))

    times = []
    for question in questions:
        begun = time.perf_counter()
        articles.matching(asked.of(question))
        times.append(time.perf_counter() - begun)

    # 1 ms measured; a machine that runs other tests as well takes several times as long.
    assert statistics.median(times) < 0.01
