"""Kept answers in the admin: read with what they saved, taken out, never written."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chatsite.chat.models import CannedAnswer, Message, SavedAnswer
from chatsite.knowledge.models import Article, Edition
from chatsite.staff import roles
from routing import decisions, policies, trials
from routing.models import Policy, Trial
from routing.tier_choice import Turn
from tests.chat.test_admin import HOSTILE, member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards

# By any of the tests below.
GUARDS = [
    (
        "chatsite/chat/admin/saved_answers.py",
        '"policy has changed: not used" if vars(answer)["of_other_policy"] else "in use"',
        '"in use"',
    ),
]

LIST = "/admin/chat/savedanswer/"


@pytest.fixture
def operator(db) -> Client:
    return signed_in(member("omar", roles.OPERATORS))


@pytest.fixture
def articles(db) -> None:
    prices()
    Article.objects.create(title="Shipping", slug="shipping", body="6.95 to Germany.")


def kept(question: str, answer: str = "It is **6.95** euros.") -> SavedAnswer:
    told = Told().asks(question)
    reply = told.reply
    Message.objects.filter(pk=reply.pk).update(state="complete", text=answer)
    return SavedAnswer.objects.create(
        reply=reply,
        key=question[:64],
        task_type="Shipping costs",
        knowledge=Edition.objects.get().value,
        cost=2_000_000,
    )


def given(known: SavedAnswer, question: str) -> None:
    """The answer is given again to somebody else."""
    reply = Told().asks(question).reply
    CannedAnswer.objects.create(
        reply=reply,
        kind="saved",
        task_type=known.task_type,
        similarity=1,
        saved_answer=known,
        saved=known.cost,
    )
    SavedAnswer.objects.filter(pk=known.pk).update(hits=known.hits + 1)


def test_the_list_says_what_was_given_again_and_what_that_saved(operator, articles):
    known = kept("How much is shipping to Germany?")
    given(known, "how much is shipping to germany")
    kept("How much is shipping to Norway?")

    said = text(operator.get(LIST))

    assert "Sent again 1 time Money saved $0.002 Approved answers sent 0" in said
    germany = said.index("How much is shipping to Germany? Shipping costs in use 1 $0.002")
    norway = said.index("How much is shipping to Norway? Shipping costs in use 0 $0.00")
    assert germany < norway


def test_the_costs_page_says_what_was_given_again_and_what_that_saved(operator, articles):
    known = kept("How much is shipping to Germany?")
    given(known, "how much is shipping to germany")
    page = reverse("admin:billing_costs")

    assert "1 answer given again without a call saved $0.002 more" in text(operator.get(page))
    CannedAnswer.objects.update(given_at=timezone.now() - timedelta(days=40))
    assert "given again" not in text(operator.get(page))


def test_the_list_says_what_is_given_no_more(operator, articles):
    kept("How much is shipping to Germany?")
    rated = kept("How much is shipping to Norway?")
    Message.objects.filter(pk=rated.reply_id).update(rating=-1)
    Article.objects.update(body="7.95 to Germany.")
    kept("How much is shipping to Spain?")

    said = text(operator.get(LIST))

    assert "Germany? Shipping costs articles have changed: not used" in said
    assert "Norway? Shipping costs rated not helpful: not used" in said
    assert "Spain? Shipping costs in use" in said


def changed(threshold: float) -> Policy:
    draft = policies.current().draft()
    draft.threshold = threshold
    return draft


def test_the_list_says_that_the_policy_has_changed_since(operator, articles):
    turn, first = Turn("How much is it?"), policies.current()
    decisions.decide(kept("How much is shipping to Germany?").reply.reference, turn, first)
    second = policies.adopt(changed(6.5), None, "A try.")
    decisions.decide(kept("How much is shipping to Norway?").reply.reference, turn, second)
    tried = trials.start(Trial.Kind.AB, 50, changed(6.0), None, "A try.").policy
    decisions.decide(kept("How much is shipping to Spain?").reply.reference, turn, tried)

    said = text(operator.get(LIST))

    assert "Germany? Shipping costs policy has changed: not used" in said
    assert "Norway? Shipping costs in use" in said
    assert "Spain? Shipping costs in use" in said


def test_an_empty_list_says_when_an_answer_is_kept(operator):
    assert "An answer is saved when its task type allows it" in text(operator.get(LIST))


def test_words_of_customers_and_models_do_not_execute(operator, articles):
    known = kept(HOSTILE, HOSTILE)

    for page in (LIST, f"{LIST}{known.pk}/change/"):
        html = operator.get(page).content.decode()
        assert "<script>alert(1)" not in html
        assert "onerror=alert" not in html.replace("&lt;img src=x onerror=alert", "")


def test_an_answer_is_read_as_the_customer_saw_it(operator, articles):
    known = kept("How much is shipping to Germany?")

    page = operator.get(f"{LIST}{known.pk}/change/")

    html = page.content.decode()
    assert "<strong>6.95</strong>" in html
    assert f'href="/admin/chat/conversation/{known.reply.conversation_id}/change/"' in html


def test_an_answer_is_found_by_its_question(operator, articles):
    kept("How much is shipping to Germany?")
    kept("How much is shipping to Norway?")

    found = text(operator.get(LIST, {"q": "norway"}))

    assert "Norway?" in found
    assert "Germany?" not in found


def test_an_operator_takes_an_answer_out_and_writes_none(operator, articles):
    known = kept("How much is shipping to Germany?")
    page = f"{LIST}{known.pk}"

    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{page}/change/", {"hits": 9}).status_code == 403
    response = operator.post(f"{page}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert not SavedAnswer.objects.exists()
    assert Message.objects.filter(pk=known.reply_id).exists()


@guards(
    "chatsite/chat/admin/saved_answers.py",
    "    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:\n"
    "        return False\n",
    "",
)
def test_not_even_an_administrator_writes_one(admin_client, articles):
    known = kept("How much is shipping to Germany?")

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{known.pk}/change/", {"hits": 9}).status_code == 403


def test_what_was_given_stays_when_the_kept_answer_goes(operator, articles):
    known = kept("How much is shipping to Germany?")
    given(known, "how much is shipping to germany")

    operator.post(f"{LIST}{known.pk}/delete/", {"post": "yes"})

    assert CannedAnswer.objects.get().saved_answer is None
    assert "Money saved $0.002" in text(operator.get(LIST))


@pytest.mark.parametrize("page", ["", "add/"])
def test_staff_have_no_part_in_it(db, page):
    assert signed_in(member("nora", roles.STAFF)).get(f"{LIST}{page}").status_code == 403


def test_a_longer_list_takes_no_more_queries(operator, articles):
    # A session's first page also remembers who has a password of their own.
    operator.get(LIST)
    counts = []
    operator.get(LIST)
    for number in range(3):
        kept(f"Question {number}?")
        with CaptureQueriesContext(connection) as queries:
            operator.get(LIST)
        counts.append(len(queries))

    assert counts == counts[:1] * 3


def test_words_are_kept_once(articles):
    known = kept("How much is shipping to Germany?")
    other = kept("How much is shipping to Norway?")

    for broken in ({"key": known.key}, {"reply": known.reply}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedAnswer.objects.filter(pk=other.pk).update(**broken)


def test_a_reply_is_prepared_once_in_a_way_that_is_known(articles):
    known = kept("How much is shipping to Germany?")
    given(known, "how much is shipping to germany")
    given(known, "How much is shipping to Germany")
    first, second = CannedAnswer.objects.order_by("id")

    for broken in ({"kind": "guessed"}, {"reply": first.reply}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CannedAnswer.objects.filter(pk=second.pk).update(**broken)
