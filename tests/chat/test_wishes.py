"""A customer asks for a person; staff see it, and the assistant goes on until one comes."""

import pytest
from django.test import Client

from chatsite.chat.actions import ask_for_person, hand_back, take_over
from chatsite.chat.errors import NotYours
from chatsite.chat.models import Conversation
from chatsite.chat.web import visitors
from tests.chat.test_admin import LIST, nora, page, signed_in, staff, text, told  # noqa: F401
from tests.chat.told import Told
from tests.page import Page

# By any of the tests below.
GUARDS = [
    (
        "chatsite/chat/actions/hand_back.py",
        "        conversation.handled_by = conversation.wants_person_since = None\n",
        "        conversation.handled_by = None\n",
    ),
    (
        "chatsite/chat/models/conversation.py",
        "self.held_by(visitor).filter(public_id=public_id)",
        "self.filter(public_id=public_id)",
    ),
]


def status(page: Page) -> str:
    return next(node.text for node in page.root.elements() if node.id == "conversation-status")


def wish(told: Told, wanted: bool = True):  # noqa: F811
    return ask_for_person.request(told.public_id, told.visitor, wanted)


async def test_every_tab_shows_the_wish_and_the_assistant_goes_on(tab, open_tab, worker, upstream):
    await tab.say("Hello?")
    await tab.answer()
    other = await open_tab(beside=tab)

    await tab.send({"person": "1"})
    for each in (tab, other):
        await each.sees(lambda page: "You are waiting for a person" in status(page))
    upstream.says("Still here.")
    await tab.say("Meanwhile, when are you open?")
    await other.sees(lambda page: other.newest.text == "Still here.")
    await other.send({"person": "0"})
    await tab.sees(lambda page: status(page) == "")

    assert not await Conversation.objects.waiting().aexists()
    assert tab.page.missed == other.page.missed == []


def test_the_same_wish_twice_is_one_change(told):  # noqa: F811
    first, second = wish(told), wish(told)

    assert first.after == first.before + 1
    assert second.before == second.after
    since = told.conversation.wants_person_since
    wish(told)
    assert told.conversation.wants_person_since == since


def test_nobody_asks_for_another_visitor(told):  # noqa: F811
    with pytest.raises(NotYours):
        ask_for_person.request(told.public_id, "w" * 64, True)

    assert not Conversation.objects.waiting().exists()


def test_a_plain_form_asks_for_a_person(told, monkeypatch):  # noqa: F811
    told.answered()
    monkeypatch.setattr(visitors, "held", lambda cookies: told.visitor)
    browser, address = Client(headers={"host": "localhost"}), f"/c/{told.public_id}/"

    browser.post(f"{address}person/", {"person": "1"})

    assert "You are waiting for a person" in status(Page(browser.get(address).content.decode()))


def test_staff_see_who_waits_on_top_of_the_list(staff, told):  # noqa: F811
    told.answered()
    Told(visitor="w" * 64).asks("Another?").answered()
    wish(told)

    seen = text(staff.get(LIST))
    asked = staff.get(f"{LIST}?person=asked").context["cl"].result_list

    assert "1 customer asked for a person and nobody has answered yet." in seen
    assert asked == [told.conversation]
    assert "Waits for a person" in text(staff.get(page(told)))


def test_a_wish_ends_when_a_person_has_been_there(staff, nora, told):  # noqa: F811
    told.answered()
    wish(told)

    take_over.conversation(told.conversation.pk, nora)
    assert not Conversation.objects.waiting().exists()
    assert wish(told, wanted=False).after == told.conversation.revision
    hand_back.to_assistant(told.conversation.pk)

    assert told.conversation.wants_person_since is None
    assert "asked for a person" not in text(staff.get(LIST))
