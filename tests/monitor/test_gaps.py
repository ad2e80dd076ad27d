"""Gaps in the articles: questions that went badly are grouped, counted and lead to an article."""

import json
import re

import pytest
from django.urls import reverse

from billing.models import LedgerEntry
from chatsite.chat.actions import rate
from chatsite.chat.models import Message
from chatsite.knowledge.models import Article
from chatsite.monitor import tasks
from chatsite.monitor.gaps import question_similarity
from chatsite.monitor.models import ArticleDraft
from chatsite.staff import roles
from routing.models import TaskType
from tests.chat.told import Told
from tests.monitor.people import signed_in
from tests.upstream.server import Upstream

PAGE = reverse("monitor:gaps")
WARRANTY = [
    "Do you repair watches?",
    "do you also repair a watch",
    "Can you repair my watch please",
]


def bad(number: int, question: str) -> Told:
    each = Told(visitor=f"{number:064}").asks(question).answered("I could not find that.")
    rate.answer(each.public_id, each.visitor, each.reply.pk, Message.Rating.BAD)
    return each


def test_without_bad_answers_there_is_no_gap(staff):
    assert "Every question from the last" in staff.get(PAGE).content.decode()


def test_questions_that_ask_the_same_are_one_row(staff):
    for number, question in enumerate([*WARRANTY, "Where is your Berlin store?"]):
        bad(number, question)

    page = staff.get(PAGE).content.decode()

    table = page.partition('aria-labelledby="questions"')[2].partition("</table>")[0]
    assert table.count("<tr>") == 3  # the head and two groups
    assert '<td data-label="Asked">3</td>' in table


def test_a_good_answer_is_no_gap(staff):
    each = Told(visitor="v" * 64).asks("When are you open?").answered()
    Message.objects.filter(pk=each.reply.pk).update(sources=[{"title": "Hours", "url": "/help/h/"}])

    assert "When are you open?" not in staff.get(PAGE).content.decode()


def test_an_operator_writes_the_article_from_the_question(shop):
    bad(1, "Do you repair watches?")

    page = signed_in(roles.OPERATORS).get(PAGE).content.decode()

    assert "?title=Do%20you%20repair%20watches%3F" in page


def test_staff_who_may_not_write_articles_see_no_such_link(staff):
    bad(1, "Do you repair watches?")

    assert "Write an article" not in staff.get(PAGE).content.decode()


def test_an_article_that_no_answer_used_is_named(staff):
    Article.objects.create(title="Opening hours", slug="hours", body="Nine to five.")
    Article.objects.create(title="Gift cards", slug="gift-cards", body="Valid for 5 years.")
    each = Told(visitor="v" * 64).asks("When are you open?").answered()
    hours = [{"title": "Opening hours", "url": "/help/hours/"}]
    Message.objects.filter(pk=each.reply.pk).update(sources=json.loads(json.dumps(hours)))

    page = staff.get(PAGE).content.decode()

    unused = page.partition("Articles that no answer used")[2]
    assert "Gift cards" in unused
    assert "Opening hours" not in unused


@pytest.mark.parametrize(
    "texts",
    [
        ["Can I return an opened bottle?", "can i return a bottle that i opened"],
        ["Wann kommt mein Paket?", "wann kommt mein paket an"],
        ["请问可以退货吗", "可以退货吗?"],
        ["café opening hours", "cafe opening hours?"],
    ],
)
def test_texts_that_ask_the_same_are_grouped(texts):
    others = ["Do you ship to Norway?", "How do I change my password?", "Is the ink safe?"]

    assert sorted(question_similarity.groups([*texts, *others])[0]) == [0, 1]


def test_texts_without_words_are_grouped_without_an_error():
    assert len(question_similarity.groups(["", "?", "…"])) == 3


def answered_by_staff(number: int, question: str, answer: str) -> Told:
    """The assistant found nothing, and a colleague answered."""
    each = Told(visitor=f"{number:064}").asks(question).answered("I could not find that.")
    conversation = each.conversation
    Message.objects.create(conversation=conversation, position=99, role="staff", text=answer)
    return each


@pytest.fixture
def upstream(settings):
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url
        yield upstream


def test_an_article_is_drafted_from_what_staff_answered(shop, upstream):
    for number, question in enumerate(WARRANTY):
        answered_by_staff(number, question, "Yes, our workshop repairs watches for €20.")
    upstream.says("We repair watches for €20.")
    operator = signed_in(roles.OPERATORS)
    page = operator.get(PAGE).content.decode()
    replies = re.findall(r'name="replies" value="([\d,]+)"', page)

    operator.post(reverse("monitor:draft"), {"replies": replies[0]})
    tasks.write_draft.apply((ArticleDraft.objects.get().pk,))

    call = upstream.requests[0]
    assert call.model == "gpt-4"
    assert "Yes, our workshop repairs watches for €20." in call.question
    assert "do you also repair a watch" in call.question
    article = Article.objects.get()
    assert (article.body, article.published) == ("We repair watches for €20.", False)
    entry = LedgerEntry.objects.get(purpose="drafting")
    assert ArticleDraft.objects.get().cost == entry.amount > 0
    assert "written, not published" in operator.get(PAGE).content.decode()


def test_nothing_is_drafted_where_no_member_of_staff_has_answered(shop):
    each = bad(1, "Do you repair watches?")

    signed_in(roles.OPERATORS).post(reverse("monitor:draft"), {"replies": each.reply.pk})

    assert not Article.objects.exists()


def test_a_model_that_does_not_answer_leaves_a_reason(shop, upstream):
    each = answered_by_staff(1, "Do you repair watches?", "Yes.")
    upstream.unauthorised()
    operator = signed_in(roles.OPERATORS)
    operator.post(
        reverse("monitor:draft"), {"replies": each.conversation.messages.get(position=2).pk}
    )

    tasks.write_draft.apply((ArticleDraft.objects.get().pk,))

    assert "gpt-4 did not answer (unauthorised)." in operator.get(PAGE).content.decode()


@pytest.mark.parametrize("replies", ["", "x", "1;2", "9" * 40])
def test_garbage_is_refused(shop, replies):
    response = signed_in(roles.OPERATORS).post(reverse("monitor:draft"), {"replies": replies})

    assert response.status_code == 400


def test_a_question_becomes_an_example_once(shop):
    watches = TaskType.objects.create(name="Watches", examples="can you mend my watch")
    operator = signed_in(roles.OPERATORS)

    for _ in range(2):
        sent = {"task_type": watches.pk, "question": "Do you repair  watches?"}
        operator.post(reverse("monitor:example"), sent)

    watches.refresh_from_db()
    assert watches.said == ["can you mend my watch", "Do you repair watches?"]


def test_staff_may_neither_draft_nor_teach(staff):
    assert staff.post(reverse("monitor:draft"), {"replies": "1"}).status_code == 403
    assert staff.post(reverse("monitor:example"), {}).status_code == 403
