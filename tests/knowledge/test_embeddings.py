"""Embeddings of articles: made once each, in batches, and resumed where they stopped."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from billing.models import LedgerEntry
from chatsite.knowledge import articles, current_search_index
from chatsite.knowledge.models import Article, Embedding
from chatsite.knowledge.search import question
from chatsite.knowledge.tasks import embed_articles
from chatsite.llm import embeddings as server
from routing import policies
from tests.upstream.server import Upstream

MODEL = "text-embedding-3-small"
OTHER = "text-embedding-3-large"


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(provider: Upstream, settings) -> Upstream:
    provider.reset()
    server._strict.clear()  # what another test's server has refused
    provider.embeddings.serves = True
    settings.OPENAI_BASE_URL = provider.url
    return provider


@pytest.fixture
def priced(shelf) -> None:
    call_command("import_prices", "--yes", stdout=StringIO())


def change_model(name: str) -> None:
    draft = policies.current().draft()
    draft.embedding_model = name
    policies.adopt(draft, None, "another model")


def test_a_passage_is_embedded_once(priced, upstream):
    embed_articles()
    embed_articles()

    (request,) = upstream.embeddings.asked
    assert len(request["input"]) == 4
    assert "Gift cards\nA gift card is valid" in " ".join(request["input"])
    assert (request["model"], request["input_type"]) == (MODEL, "passage")
    assert current_search_index.model_in_use() == MODEL
    entry = LedgerEntry.objects.get()
    assert (entry.purpose, entry.outcome, entry.model_requested) == ("search", "embedded", MODEL)
    assert entry.input_tokens


def test_a_changed_article_alone_is_embedded_again(priced, upstream):
    embed_articles()

    Article.objects.filter(slug="customs").update(body="No duties are charged.")
    embed_articles()

    assert upstream.embeddings.asked[-1]["input"] == ["Customs\nNo duties are charged."]
    assert Embedding.objects.count() == 4


def test_a_run_goes_on_where_it_stopped(priced, upstream):
    for number in range(40):
        Article.objects.create(slug=f"a{number}", title=f"Article {number}", body="Words.")
    upstream.embeddings.fails_from = 2

    embed_articles()
    assert Embedding.objects.count() == server.MOST_TEXTS

    upstream.embeddings.fails_from = 0
    embed_articles()
    assert Embedding.objects.count() == 44
    assert len(upstream.embeddings.asked[-1]["input"]) == 44 - server.MOST_TEXTS


def test_another_models_embeddings_serve_until_all_are_made(priced, upstream):
    for number in range(40):
        Article.objects.create(slug=f"a{number}", title=f"Article {number}", body="Words.")
    embed_articles()
    asked = len(upstream.embeddings.asked)

    change_model(OTHER)
    upstream.embeddings.fails_from = asked + 2
    embed_articles()
    assert current_search_index.model_in_use() == MODEL
    assert set(Embedding.objects.values_list("model", flat=True)) == {MODEL, OTHER}

    upstream.embeddings.fails_from = 0
    embed_articles()
    assert current_search_index.model_in_use() == OTHER
    assert set(Embedding.objects.values_list("model", flat=True)) == {OTHER}


def test_a_server_without_embeddings_leaves_words_alone(priced, upstream):
    upstream.embeddings.serves = False

    embed_articles()

    found = articles.matching(question.of("gift card"))
    assert found.matches[0].slug == "gift-cards"
    assert found.searched.startswith("words alone")
    assert current_search_index.model_in_use() == ""


def test_a_policy_without_a_model_asks_nobody(priced, upstream):
    change_model("")

    embed_articles()

    assert upstream.embeddings.asked == []


def test_a_server_that_refuses_the_kind_of_text_is_asked_without_it(priced, upstream):
    upstream.embeddings.refuses_input_type = True

    embed_articles()

    assert ["input_type" in request for request in upstream.embeddings.asked] == [True, False]
    assert current_search_index.model_in_use() == MODEL


def test_the_list_of_articles_shows_the_progress(priced, upstream, admin_client):
    page = admin_client.get("/admin/knowledge/article/").content.decode()
    assert "0 of 4 passages (0 %) are embedded" in page

    embed_articles()

    page = admin_client.get("/admin/knowledge/article/").content.decode()
    assert f"All 4 passages are embedded with {MODEL}" in page


def test_an_operator_tries_a_question_by_meaning_too(priced, upstream, admin_client):
    embed_articles()

    page = admin_client.get("/admin/knowledge/article/question/", {"text": "gift card"})

    assert f"Searched by words and meaning ({MODEL})" in page.content.decode()
    assert upstream.embeddings.asked[-1]["input_type"] == "query"
