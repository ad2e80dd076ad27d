"""A customer who wants a person, in words, by a yes or by a button: words and state agree (P11)."""

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User

from chatsite.answering.canned.person_requested import TEXTS
from chatsite.chat.actions import hand_back, take_over
from chatsite.chat.models import CannedAnswer, Conversation, Message
from routing.analysis.politeness import is_only_thanks
from routing.wishes.lexicon import languages
from tests.chat.test_wishes import status
from tests.guards import guards


async def waits() -> bool:
    return await Conversation.objects.waiting().aexists()


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("I want to talk to a human", "en"),
        ("Ich möchte mit einem Mitarbeiter sprechen", "de"),
        ("转人工", "zh"),
    ],
)
async def test_a_wish_in_words_puts_the_customer_in_line_without_a_call(
    tab, worker, upstream, words, language
):
    await tab.say(words)
    reply = await tab.answer()
    await tab.sees(lambda page: "You are waiting for a person" in status(page))

    assert reply.text == TEXTS[language]
    assert await waits()
    assert upstream.models == []
    assert (await CannedAnswer.objects.aget()).kind == CannedAnswer.Kind.PERSON
    assert tab.page.missed == []


async def test_the_second_wish_keeps_the_place_in_line(tab, worker):
    await tab.say("agent please")
    await tab.answer()
    since = (await Conversation.objects.aget()).wants_person_since
    await tab.say("a human!!!")
    await tab.answer()

    assert (await Conversation.objects.aget()).wants_person_since == since


async def test_yes_to_the_answers_offer_is_a_wish(tab, worker, upstream):
    upstream.says("I could not find that. Would you like me to connect you with a person?")
    await tab.say("Can you engrave a whole poem?")
    assert not await waits()
    offer = await tab.answer()

    await tab.say("Yes please")
    await tab.sees(lambda page: "You are waiting for a person" in status(page))

    assert offer.offers_person
    assert await waits()


@pytest.mark.parametrize(
    "claim",
    [
        "I am connecting you to a colleague now.",
        "Ich verbinde Sie jetzt mit einem Kollegen.",
        "Je vous mets en relation avec un conseiller.",
        "我马上为您转接人工客服。",
        "Łączę Pana z konsultantem.",
        "Ik verbind u door met een collega.",
        "担当者におつなぎします。",
        "Vou encaminhar o seu pedido à nossa equipa de apoio.",
    ],
)
@guards("chatsite/answering/person_offer.py", "or promised_person.found_in(text)", "or False")
async def test_a_model_that_says_it_has_connected_somebody_connects_nobody_but_offers_it(
    tab, worker, upstream, claim
):
    upstream.says(claim)
    await tab.say("Where is my order?")
    reply = await tab.answer()

    assert not await waits()
    assert status(tab.page) == ""
    assert reply.offers_person


async def test_an_answer_that_offers_a_person_carries_the_button(tab, worker, upstream):
    upstream.says("Please keep away from the outlet.")
    await tab.say("The charger caught fire and my hand is burnt")
    reply = await tab.answer()

    assert reply.offers_person
    form = next(
        node
        for node in tab.page.root.elements()
        if "message__offer" in node.attributes.get("class", "")
    )
    assert "Ask for a person" in form.text
    await tab.send({"person": "1"})
    await tab.sees(lambda page: "You are waiting for a person" in status(page))


async def test_an_ordinary_answer_carries_none(tab, worker, upstream):
    upstream.says("From nine to five.")
    await tab.say("What are your business hours?")

    assert not (await tab.answer()).offers_person


async def test_a_failed_answer_offers_a_person(tab, worker, upstream):
    upstream.fails(400)
    await tab.say("What are your business hours?")
    reply = await tab.answer()

    assert reply.state == "failed"
    assert reply.offers_person


@guards("chatsite/chat/actions/ask.py", "is_owed=not thanks)", "is_owed=True)")
async def test_thanks_to_the_person_who_handed_back_are_not_answered(tab, worker, upstream):
    await tab.say("How much is shipping?")
    await tab.answer()
    conversation = await Conversation.objects.aget()
    nora = await User.objects.acreate(username="nora", is_staff=True)
    await database_sync_to_async(take_over.conversation)(conversation.pk, nora)
    await database_sync_to_async(hand_back.to_assistant)(conversation.pk)

    await tab.say("Vielen Dank für die Hilfe!")
    await tab.sees(lambda page: len(page.entries()) == 3)
    await tab.say("And is it open on Sundays?")
    await tab.sees(lambda page: len(page.entries()) == 5 and not page.entries()[-1].open)

    said = [each.role async for each in Message.objects.order_by("position")]
    assert said == ["customer", "assistant", "customer", "customer", "assistant"]
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("words", "is_it"),
    [
        ("thank you so much 🙏", True),
        ("ありがとうございました", True),
        ("شكرا جزيلا", True),
        ("Thanks, and the price?", False),
        ("Thanks but it is still broken", False),
        ("tak", False),  # yes in Polish
        ("ok", False),
    ],
)
def test_thanks_are_told_from_what_asks_for_an_answer(words, is_it):
    assert is_only_thanks(words) is is_it


def test_every_language_that_is_understood_has_an_answer():
    assert set(TEXTS) == languages()
