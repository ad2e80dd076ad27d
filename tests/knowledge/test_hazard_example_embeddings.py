"""Operators' examples of hazards, recognised by their meaning where the site has embeddings."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from billing.models import LedgerEntry
from chatsite.knowledge.embeddings import question_embeddings
from chatsite.knowledge.models import Embedding
from chatsite.knowledge.tasks import embed_articles
from chatsite.llm import embeddings as server
from routing import decisions, policies, stored_site_profile
from routing.analysis.hazard_examples import harmless
from routing.models import Hazard
from routing.tier_choice import Choice, Tier
from tests.guards import guards
from tests.upstream.server import Upstream

TRY, QUESTION = reverse("admin:routing_hazard_try"), reverse("tuning:question")
EXAMPLE = "the flurbostat burst and burned my hand badly"
# The test's server takes these for the example, and for the same in a question that is none.
GERMAN, HARMLESS = "Mir ist der Flurbo um die Ohren geflogen", "ok"


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(provider: Upstream, settings, shelf) -> Upstream:
    provider.reset()
    server._strict.clear()  # what another test's server has refused
    provider.embeddings.serves = True
    provider.embeddings.means = {GERMAN: EXAMPLE, HARMLESS: EXAMPLE}
    settings.OPENAI_BASE_URL = provider.url
    call_command("import_prices", "--yes", stdout=StringIO())
    return provider


@pytest.fixture
def example(upstream) -> Hazard:
    row = Hazard.objects.create(name="flurbostats", examples=EXAMPLE)
    stored_site_profile.forget()
    embed_articles()
    upstream.embeddings.asked.clear()
    return row


def chosen(text: str) -> Choice:
    return decisions.decide("reply:1", question_embeddings.turn_of(text), policies.current())


def test_an_example_is_recognised_in_other_words(example):
    choice = chosen(GERMAN)

    assert choice.tier == Tier.STRONG
    assert "like an example of flurbostats" in choice.reason


def test_what_only_names_the_same_is_not_followed(example):
    choice = chosen(HARMLESS)

    assert choice.tier == Tier.CHEAP
    assert "flurbostats" not in choice.reason


@guards("routing/analysis/hazard_examples.py", "if above[at] < LIMIT:", "if above[at] < -9:")
def test_other_messages_are_not_followed(example):
    turn = question_embeddings.turn_of("Somebody took all the money from my account last night")

    assert decisions.scored(turn, policies.current())[1].like == ()


def test_a_message_is_embedded_once(example, upstream):
    chosen(GERMAN)

    (request,) = upstream.embeddings.asked
    assert request["input"].count(GERMAN) == 1
    assert EXAMPLE not in request["input"]


def test_examples_are_embedded_in_batches_as_questions_and_once(upstream):
    Hazard.objects.create(name="flurbostats", examples=f"{EXAMPLE}\nit hums and gets hot")
    stored_site_profile.forget()

    embed_articles()
    embed_articles()

    asked = [request for request in upstream.embeddings.asked if request["input_type"] == "query"]
    texts = [text for request in asked for text in request["input"]]
    assert {EXAMPLE, "it hums and gets hot", *harmless()} <= set(texts)
    assert len(texts) == len(set(texts))
    assert len(asked) <= 1 + len(texts) // server.MOST_TEXTS
    assert set(LedgerEntry.objects.values_list("purpose", flat=True)) == {"search"}


def test_without_examples_articles_alone_are_embedded(upstream):
    embed_articles()

    assert {request["input_type"] for request in upstream.embeddings.asked} == {"passage"}


def test_examples_that_are_gone_are_forgotten(example):
    before = Embedding.objects.count()

    example.delete()
    stored_site_profile.forget()
    embed_articles()

    assert Embedding.objects.count() < before
    assert "flurbostats" not in chosen(GERMAN).reason


def test_another_models_embeddings_of_examples_are_made_too(example, upstream):
    draft = policies.current().draft()
    draft.embedding_model = "text-embedding-3-large"
    policies.adopt(draft, None, "another model")

    embed_articles()

    assert "like an example of flurbostats" in chosen(GERMAN).reason
    assert upstream.embeddings.asked[-1]["model"] == "text-embedding-3-large"


def test_without_embeddings_words_alone_tell(upstream):
    upstream.embeddings.serves = False
    Hazard.objects.create(name="flurbostats", examples=EXAMPLE)
    stored_site_profile.forget()
    embed_articles()

    assert "flurbostats" not in chosen(GERMAN).reason
    turn = question_embeddings.turn_of(f"{EXAMPLE}!")
    assert "flurbostats" in decisions.scored(turn, policies.current())[1].stakes


def test_both_pages_show_the_example(example, admin_client):
    tried = admin_client.get(TRY, {"text": GERMAN}).content.decode()
    way = admin_client.post(QUESTION, {"question": GERMAN}).content.decode()

    for page in (tried, way):
        assert f"eans nearly the same as “{EXAMPLE}”" in page
        assert "decides" in page


@guards(
    "routing/admin/hazards.py",
    '        if "examples" in form.changed_data:\n'
    "            import_string(settings.EXAMPLES_CHANGED)()\n",
    "",
)
def test_a_saved_example_is_embedded_at_once(
    upstream, admin_client, monkeypatch, django_capture_on_commit_callbacks
):
    sent: list[str] = []
    monkeypatch.setattr("celery.Celery.send_task", lambda _, name, **__: sent.append(name))
    form = {"about": "", "active": "on", "decisive": "", "hints": "", "left_out": ""}

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(
            reverse("admin:routing_hazard_add"), form | {"name": "flurbo", "examples": EXAMPLE}
        )

    assert "chatsite.knowledge.tasks.embed_articles" in sent
