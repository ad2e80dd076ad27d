"""Try a question: every step is shown, and no model is called unless that is asked for."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from billing.models import LedgerEntry
from chatsite.knowledge.embeddings import embedding_calls, question_embeddings
from chatsite.knowledge.models import Article
from routing import policies
from tests.chat import told
from tests.guards import guards
from tests.upstream.server import Upstream

PAGE = reverse("tuning:question")
RETURNS = "You can return an unused pen within 30 days of delivery. Gift cards are not returned."


@pytest.fixture(scope="session")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(provider: Upstream, settings) -> Upstream:
    provider.reset()
    settings.OPENAI_BASE_URL = provider.url
    settings.OPENAI_API_KEY = "sk-of-the-tests"
    return provider


@pytest.fixture
def shop(db) -> None:
    told.prices()
    Article.objects.create(slug="returns", title="Returning a pen", body=RETURNS)


def tried(client, question: str, **given: str) -> str:
    return str(client.post(PAGE, {"question": question, **given}).content.decode())


@guards(
    "chatsite/tuning/try_question.py",
    "    if not call:\n        return way\n",
    "",
)
def test_each_step_is_shown_and_nothing_is_called(operator, shop, upstream):
    page = tried(operator, "Within how many days can I return a pen?")

    for step in ("Search", "Evidence", "Task type", "Hazards", "Score", "Tier", "Prompt for"):
        assert f'<th scope="row">{step}' in page
    assert "Returning a pen" in page
    assert "No model was called." in page
    assert not upstream.models
    assert not LedgerEntry.objects.exists()


def test_a_call_is_made_when_asked_for_and_is_on_the_ledger(operator, shop, upstream):
    upstream.says("You can return an unused pen within 30 days of delivery.")

    page = tried(operator, "Within how many days can I return a pen?", call="on")

    entry = LedgerEntry.objects.get()
    assert upstream.models == ["gpt-3.5-turbo"]
    assert (entry.purpose, entry.conversation) == ("evaluation", "")
    assert "shown as it is" in page
    assert "The customer reads" in page


def test_a_doubted_cheap_answer_goes_on_as_in_the_chat(operator, shop, upstream):
    upstream.says("You can return an unused pen within 90 days of delivery.")
    upstream.says("You can return an unused pen within 90 days of delivery.")

    page = tried(operator, "Within how many days can I return a pen?", call="on")

    assert upstream.models == ["gpt-3.5-turbo", "gpt-4"]
    assert "a figure that no article states" in page
    assert "I could not confirm an answer to this" in page


def test_what_was_said_before_is_read(operator, shop, upstream):
    earlier = "Customer: My son drank the ink\nAssistant: Please call a doctor."

    page = tried(operator, "does it hurt him?", earlier=earlier)

    assert "earlier words about" in page
    assert "Searched with the turn before it" in page


def test_a_draft_decides(operator, shop, upstream):
    page = tried(operator, "Within how many days can I return a pen?", threshold="1")

    assert f"Prompt for {policies.current().strong_model}" in page


def test_a_failing_model_is_said(operator, shop, upstream):
    upstream.fails(503)

    page = tried(operator, "Within how many days can I return a pen?", call="on")

    assert "No answer: overloaded." in page


def test_lines_must_say_who_wrote_them(operator, shop):
    assert "does not begin with" in tried(operator, "and now?", earlier="hello")


def test_staff_may_not(staff, shop):
    assert staff.get(PAGE).status_code == 403


def test_claims_are_asked_about_where_the_policy_says_so(operator, shop, upstream):
    draft = policies.current().draft()
    draft.claims_band = 1.0
    policies.adopt(draft, None, "Ask about claims.")
    upstream.says("You can return an unused pen within 30 days of delivery.")
    upstream.says('{"verdicts": ["supported"]}')

    page = tried(operator, "Within how many days can I return a pen?", call="on")

    assert upstream.models == ["gpt-3.5-turbo", "gpt-3.5-turbo"]
    assert "1 of 1 supported." in page
    assert LedgerEntry.objects.count() == 2


@guards("routing/decisions.py", "for each in (turn, *alone)", "for each in (turn,)")
def test_a_danger_that_nobody_has_answered_is_not_hidden_by_what_is_said_next(
    operator, shop, upstream
):
    danger = "my data was sent to another customer"

    page = tried(
        operator, "Within how many days can I return a pen?", earlier=f"Customer: {danger}"
    )

    assert "Prompt for gpt-4" in page


@guards(
    "chatsite/knowledge/embeddings/question_embeddings.py",
    "of([question], reference, WITHIN)",
    "of([question])",
)
def test_a_slow_embeddings_server_keeps_nobody_waiting(operator, shop, upstream, monkeypatch):
    call_command("import_prices", "--yes", stdout=StringIO())
    upstream.embeddings.serves = True
    embedding_calls.make()
    upstream.embeddings.after = 5
    monkeypatch.setattr(question_embeddings, "WITHIN", 0.2)

    page = tried(operator, "Within how many days can I return a pen?")

    assert "By words alone: the embeddings server did not answer (timeout)." in page
    assert len(upstream.embeddings.asked) == 2
