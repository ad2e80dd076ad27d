"""Answers without a call: those that operators approved, and those that were given before."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from billing.models import Budget, Hold, LedgerEntry
from chatsite.answering.canned import saved_answers
from chatsite.chat.models import (
    CannedAnswer,
    Conversation,
    Message,
    SavedAnswer,
)
from chatsite.knowledge.models import Article, Edition
from chatsite.shop import current_shop
from chatsite.shop.models import Shop
from routing import policies
from routing.models import RouteDecision, TaskType
from routing.task_types import library
from tests.chat.test_ratings import pressed
from tests.guards import guards

# By any of the tests below.
GUARDS = [
    (
        "chatsite/answering/canned/saved_answers.py",
        "        claimed.found.edition,\n        policy.version,",
        "        policy.version,",
    ),
    (
        "chatsite/answering/canned/saved_answers.py",
        "        policy.version,\n        task.name,",
        "        task.name,",
    ),
    (
        "chatsite/answering/canned/saved_answers.py",
        "        task.tier,\n        task.points,\n",
        "",
    ),
    ("chatsite/answering/canned/saved_answers.py", "        claimed.site,\n", ""),
    (
        "chatsite/answering/canned/saved_answers.py",
        '" ".join(tidy(turn.text).casefold().split()).rstrip(" ?!."),',
        '"",',
    ),
    (
        "chatsite/answering/canned/saved_answers.py",
        '" ".join(tidy(turn.text).casefold().split()).rstrip(" ?!."),',
        "turn.text,",
    ),
    (
        "chatsite/answering/canned/saved_answers.py",
        "or not canned_answer.is_first(claimed):",
        "or False:",
    ),
    (
        "chatsite/answering/canned/saved_answers.py",
        "if task is None or not task.is_cacheable or not",
        "if task is None or not",
    ),
    (
        "chatsite/chat/actions/rate.py",
        "            SavedAnswer.objects.of(reply).delete()\n",
        "            pass\n",
    ),
    (
        "chatsite/answering/canned/saved_answers.py",
        "key=key, saved_at__gt=clock.now() - SAVED_FOR)",
        "key=key)",
    ),
]

HOURS = "What are your business hours?"


@pytest.fixture
def task_types(shop) -> None:
    """Three of the sample shop's, learned; the first answers itself."""
    names = ["Business hours", "Returns in general", "Shipping costs"]
    TaskType.objects.exclude(name__in=names).delete()
    TaskType.objects.filter(name="Business hours").update(answers_itself=True, cacheable=False)
    library.learn()


async def test_an_approved_answer_costs_nothing(task_types, tab, worker, upstream):
    await tab.say(HOURS)
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "")
    assert answer.text.startswith("Live chat with a person is open Monday to Friday")
    assert tab.page.entries()[-1].tier in ("", None)
    assert upstream.requests == []
    assert not await LedgerEntry.objects.aexists()
    assert not await Hold.objects.aexists()
    how = await CannedAnswer.objects.aget()
    assert (how.reply_id, how.kind, how.task_type) == (answer.pk, "approved", "Business hours")
    assert how.similarity == 1.0


@pytest.mark.parametrize(
    "words",
    [
        "What are your business hours, and how much is shipping to Germany?",
        "What are your business hours? My lawyer wants to call you.",
        "Wie sind Ihre business hours und wann ist der Laden für mich offen?",
        "Tell me a joke about business",
    ],
)
async def test_what_an_approved_answer_may_not_fit_is_written(
    words, task_types, tab, worker, upstream
):
    await tab.say(words)
    answer = await tab.answer()

    assert answer.tier
    assert upstream.requests
    assert not await CannedAnswer.objects.aexists()


async def test_only_a_first_message_is_given_an_approved_answer(task_types, tab, worker, upstream):
    await tab.say("Tell me a joke")
    await tab.answer()
    await tab.say(HOURS)
    await tab.sees(lambda page: len(page.entries()) == 4 and not page.entries()[-1].open)

    assert len(upstream.requests) == 2


async def test_the_same_first_question_is_answered_once(open_tab, task_types, worker, upstream):
    upstream.says("It is **6.95** euros.")
    first, second = await open_tab(), await open_tab()
    await first.say("How much is shipping to Germany?")
    written = await first.answer()

    await second.say("how much is  shipping to germany")
    given = await second.answer()

    assert (given.state, given.text, given.sources) == ("complete", written.text, written.sources)
    assert given.sources
    assert given.tier == ""
    assert len(upstream.requests) == 1
    entry = await LedgerEntry.objects.aget()
    known = await SavedAnswer.objects.aget()
    assert (known.hits, known.cost, known.saved) == (1, entry.amount, entry.amount)
    how = await CannedAnswer.objects.aget()
    assert (how.kind, how.saved_answer_id, how.saved) == ("saved", known.pk, entry.amount)
    # The decision stands for the answer that was written; the given one was never routed.
    assert [each.reference async for each in RouteDecision.objects.all()] == [written.reference]


@guards(
    "chatsite/answering/canned/canned_answer.py",
    "person_offer.is_due(claimed, answer.text, None)",
    "False",
)
async def test_a_saved_answer_that_offers_a_person_has_the_button_too(
    open_tab, task_types, worker, upstream
):
    upstream.says("It is **6.95** euros. Shall I pass you on to a person?")
    first, second = await open_tab(), await open_tab()
    await first.say("How much is shipping to Germany?")
    assert (await first.answer()).offers_person

    await second.say("How much is shipping to Germany?")
    given = await second.answer()

    assert (given.tier, given.offers_person) == ("", True)
    assert await SavedAnswer.objects.filter(hits=1).aexists()


@database_sync_to_async
def _article_changed() -> None:
    Article.objects.filter(slug="gift-cards").update(body="Nothing of it is about shipping.")


@database_sync_to_async
def _policy_changed() -> None:
    draft = policies.current().draft()
    draft.threshold = 6.5
    policies.adopt(draft, None, "A try.")


@database_sync_to_async
def _no_longer_cacheable() -> None:
    TaskType.objects.filter(name="Shipping costs").update(cacheable=False)


@database_sync_to_async
def _task_type_changed() -> None:
    TaskType.objects.filter(name="Shipping costs").update(tier="", points=0.5)
    library.learn()


@database_sync_to_async
def _grown_old() -> None:
    SavedAnswer.objects.update(saved_at=timezone.now() - saved_answers.SAVED_FOR)


@pytest.mark.parametrize(
    "change",
    [
        _article_changed,
        _policy_changed,
        _no_longer_cacheable,
        _task_type_changed,
        _grown_old,
    ],
)
async def test_what_has_changed_since_is_written_anew(
    change, open_tab, task_types, worker, upstream
):
    first, second = await open_tab(), await open_tab()
    await first.say("How much is shipping to Germany?")
    await first.answer()

    await change()
    await second.say("How much is shipping to Germany?")
    await second.answer()

    assert len(upstream.requests) == 2


async def test_a_site_of_another_name_writes_anew(open_tab, task_types, worker, upstream):
    first, second = await open_tab(), await open_tab()
    await first.say("How much is shipping to Germany?")
    await first.answer()

    await Shop.objects.aupdate(name="Another shop")
    current_shop.forget()
    current_shop.forget()
    await second.say("How much is shipping to Germany?")
    await second.answer()

    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("said", "again"),
    [
        # Close neighbours, with opposite answers.
        ("How much is shipping to Germany insured?", "How much is shipping to Germany uninsured?"),
        ("How much is shipping below 50 € to Spain?", "How much is shipping below 50 $ to Spain?"),
    ],
)
async def test_other_words_are_another_question(
    said, again, open_tab, task_types, worker, upstream
):
    first, second = await open_tab(), await open_tab()
    await first.say(said)
    await first.answer()

    await second.say(again)
    await second.answer()

    assert await SavedAnswer.objects.acount() == 2
    assert len(upstream.requests) == 2


async def test_only_a_first_message_is_given_what_was_kept_and_kept(
    open_tab, task_types, worker, upstream
):
    first, second = await open_tab(), await open_tab()
    await first.say("How much is shipping to Germany?")
    await first.answer()

    await second.say("Tell me a joke")
    await second.answer()
    for said, entries in (("How much is shipping to Germany?", 4), ("How much to Norway?", 6)):
        await second.say(said)
        await second.sees(
            lambda page, entries=entries: (
                len(page.entries()) == entries and not page.entries()[-1].open
            )
        )

    assert len(upstream.requests) == 4
    assert await SavedAnswer.objects.acount() == 1


async def test_an_answer_that_is_rated_down_is_given_to_nobody(
    open_tab, task_types, worker, upstream
):
    first, second, third = [await open_tab() for _ in range(3)]
    await first.say("How much is shipping to Germany?")
    await first.answer()
    await second.say("How much is shipping to Germany?")
    given = await second.answer()

    await second.send({"rate": str(given.pk), "rating": "-1"})
    await second.sees(lambda page: pressed(page) == ["Not helpful"])
    await third.say("How much is shipping to Germany?")
    await third.answer()

    assert len(upstream.requests) == 2


async def test_a_doubted_answer_that_stands_is_not_kept(task_types, tab, worker, upstream):
    await Budget.objects.acreate(name="S", scope="tier", key="strong", period="total", limit=1000)
    upstream.says("See https://elsewhere.example/shipping for the costs of shipping to Germany.")

    await tab.say("How much is shipping to Germany?")
    answer = await tab.answer()

    assert (answer.state, answer.tier) == ("complete", "cheap")
    assert not await SavedAnswer.objects.aexists()


async def test_an_answer_that_is_not_whole_is_not_kept(task_types, tab, worker, upstream):
    upstream.runs_out("It is")
    upstream.runs_out("Shipping is")  # the strong tier's

    await tab.say("How much is shipping to Germany?")
    await tab.answer()

    assert not await SavedAnswer.objects.aexists()


def test_kept_answers_are_forgotten_once_they_can_no_longer_be_given(kept_answers):
    now = timezone.now()
    old, other, fresh = kept_answers
    SavedAnswer.objects.filter(id=old.pk).update(
        saved_at=now - saved_answers.SAVED_FOR - timedelta(seconds=1)
    )
    SavedAnswer.objects.filter(id=other.pk).update(knowledge="of before")

    assert saved_answers.forget(now) == 2

    assert SavedAnswer.objects.get() == fresh


def test_the_oldest_are_forgotten_where_there_are_too_many(kept_answers, monkeypatch):
    monkeypatch.setattr(saved_answers, "MOST_SAVED", 2)

    assert saved_answers.forget(timezone.now()) == 1

    assert SavedAnswer.objects.count() == 2


def test_a_deleted_conversation_takes_its_kept_answer_with_it(kept_answers):
    kept_answers[0].reply.conversation.delete()

    assert SavedAnswer.objects.count() == 2


@pytest.fixture
def kept_answers(db) -> list[SavedAnswer]:
    Article.objects.create(title="Shipping", slug="shipping", body="6.95 to Germany.")
    edition = Edition.objects.get().value
    kept_answers = []
    for number in range(3):
        reply = Message.objects.create(
            conversation=Conversation.objects.create(visitor="v"),
            position=2,
            role=Message.Role.ASSISTANT,
            text="6.95",
        )
        kept_answers.append(
            SavedAnswer.objects.create(
                reply=reply, key=str(number), task_type="Shipping", knowledge=edition, cost=1000
            )
        )
    return kept_answers
