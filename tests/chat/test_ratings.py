"""A customer rates an answer, by the socket and by plain forms; staff find and read it."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from chatsite.chat.actions import rate, retry
from chatsite.chat.errors import NotRateable, NotYours, TooLong
from chatsite.chat.live.consumer import NOT_ALLOWED
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import rate_limits, visitors
from routing.models import RouteDecision
from tests.chat.conftest import Tab
from tests.chat.test_admin import LIST, nora, page, signed_in, staff, text, told  # noqa: F401
from tests.chat.test_sockets import closed_with
from tests.chat.told import Told
from tests.page import Page

# By any of the tests below.
GUARDS = [
    (
        "chatsite/chat/models/conversation.py",
        "self.held_by(visitor).filter(public_id=public_id)",
        "self.filter(public_id=public_id)",
    ),
    (
        "chatsite/chat/actions/rate.py",
        "        reply = conversation.messages.filter(id=reply_id).first()\n",
        "        reply = Message.objects.filter(id=reply_id).first()\n",
    ),
    (
        "chatsite/chat/actions/rate.py",
        "if reply is None or not reply.can_be_rated:",
        "if reply is None:",
    ),
    (
        "chatsite/chat/actions/rate.py",
        "        if reply.rating == rating and reply.rating_note == note:\n",
        "        if False:\n",
    ),
    (
        "chatsite/chat/web/views.py",
        "        limit(visitor, visitor_network.of(request))\n",
        "",
    ),
]

GOOD, BAD = Message.Rating.GOOD, Message.Rating.BAD


def pressed(page: Page) -> list[str]:
    """Which thumbs of all answers are pressed."""
    return [
        node.attributes["aria-label"]
        for node in page.root.elements()
        if node.attributes.get("aria-pressed") == "true"
    ]


def note(page: Page) -> bool:
    """Whether the page asks what was wrong."""
    return any(node.attributes.get("name") == "note" for node in page.root.elements())


async def rated(tab: Tab, rating: int, **fields: str) -> Message:
    reply = await Message.objects.aget(role="assistant")
    await tab.send({"rate": str(reply.pk), "rating": str(rating), **fields})
    return reply


async def test_a_rating_shows_in_every_tab_and_a_second_click_takes_it_back(
    tab, open_tab, worker, upstream
):
    upstream.says("From nine to five.")
    await tab.say("When are you open?")
    await tab.answer()
    other = await open_tab(beside=tab)

    reply = await rated(tab, -1)
    for each in (tab, other):
        await each.sees(lambda page: pressed(page) == ["Not helpful"] and note(page))
    await rated(tab, -1, note="It is closed\non Sundays.")
    await other.sees(lambda page: not note(page))
    await reply.arefresh_from_db()
    assert (reply.rating, reply.rating_note) == (BAD, "It is closed on Sundays.")

    await rated(tab, 0)
    await other.sees(lambda page: pressed(page) == [])

    await reply.arefresh_from_db()
    assert (reply.rating, reply.rating_note) == (None, "")
    assert tab.page.missed == other.page.missed == []
    assert tab.newest.text == "From nine to five."


@pytest.mark.parametrize(
    "frame", [{"rate": "1"}, {"rate": "x", "rating": "1"}, {"rate": "1", "rating": "5"}]
)
async def test_what_is_no_rating_ends_the_socket(frame, tab):
    await tab.send(frame)

    assert await closed_with(tab) == NOT_ALLOWED


def give(told: Told, rating: Message.Rating | None, words: str = "", visitor: str = ""):  # noqa: F811
    return rate.answer(told.public_id, visitor or told.visitor, told.reply.pk, rating, words)


def test_the_same_rating_twice_is_one_change(told):  # noqa: F811
    told.answered()

    first, second = give(told, BAD, "Wrong."), give(told, BAD)

    assert first.after == first.before + 1
    assert second.before == second.after == first.after
    assert told.reply.rating_note == "Wrong."


def test_another_rating_drops_the_note(told):  # noqa: F811
    told.answered()
    give(told, BAD, "Wrong.")

    give(told, GOOD)

    assert (told.reply.rating, told.reply.rating_note) == (GOOD, "")


def test_only_whoever_holds_the_conversation_may_rate(told):  # noqa: F811
    told.answered()

    with pytest.raises(NotYours):
        give(told, BAD, visitor="w" * 64)

    assert told.reply.rating is None


def test_an_answer_of_another_conversation_is_not_rated_from_here(told):  # noqa: F811
    elsewhere = Told(visitor="w" * 64).asks().answered()

    with pytest.raises(NotRateable):
        rate.answer(told.public_id, told.visitor, elsewhere.reply.pk, BAD)


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_only_a_complete_answer_is_rated(told, state):  # noqa: F811
    if state == "failed":
        told.failed()

    with pytest.raises(NotRateable):
        give(told, BAD)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(id=told.reply.pk).update(rating=BAD)


def test_a_note_has_an_end(told):  # noqa: F811
    told.answered()

    with pytest.raises(TooLong):
        give(told, BAD, "a" * (rate.LONGEST_NOTE + 1))


def test_a_retry_counts_only_where_the_model_broke_off(told):  # noqa: F811
    told.begins()
    told.ends("It begins", "cut", "length")
    retry.reply(told.public_id, told.visitor, told.reply.pk)
    told.failed()
    retry.reply(told.public_id, told.visitor, told.reply.pk)

    assert told.reply.retries == 1


@pytest.fixture
def browser(told, monkeypatch) -> Client:  # noqa: F811
    """The customer's browser without scripts."""
    monkeypatch.setattr(visitors, "held", lambda cookies: told.visitor)
    told.answered()
    return Client(headers={"host": "localhost"})


def test_a_plain_form_rates(browser, told):  # noqa: F811
    address = f"/c/{told.public_id}/"
    fields = {"rate": told.reply.pk, "rating": "-1"}

    response = browser.post(f"{address}rate/", fields)

    assert response["Location"] == f"{address}#message-{told.reply.pk}"
    shown = Page(browser.get(address).content.decode())
    assert pressed(shown) == ["Not helpful"]
    assert note(shown)
    assert browser.post(f"{address}rate/", fields | {"rating": "7"}).status_code == 400
    assert told.reply.rating == BAD


def test_who_clicks_without_end_is_told_to_wait(browser, told, monkeypatch):  # noqa: F811
    monkeypatch.setattr(rate_limits, "CLICKS", 2)
    fields = {"rate": told.reply.pk}

    codes = [
        browser.post(f"/c/{told.public_id}/rate/", fields | {"rating": rating}).status_code
        for rating in ("1", "-1", "1")
    ]

    assert codes == [302, 302, 422]
    assert told.reply.rating == BAD


def test_staff_read_what_the_customer_thought_and_find_it(staff, told):  # noqa: F811
    told.answered()
    Told(visitor="w" * 64).asks("Another?").answered()
    give(told, BAD, "<b>Closed</b> on Sundays")

    response = staff.get(page(told))

    assert "The customer found this not helpful: “<b>Closed</b> on Sundays”." in text(response)
    assert "<b>Closed" not in response.content.decode()
    bad = staff.get(f"{LIST}?rating=bad").context["cl"].result_list
    assert bad == [Conversation.objects.get(public_id=told.public_id)]
    assert staff.get(f"{LIST}?rating=good").context["cl"].result_list == []


async def test_a_bad_rating_raises_the_score_of_what_is_asked_next(tab, worker, upstream):
    await tab.say("When are you open?")
    await tab.answer()
    await rated(tab, -1)
    await tab.sees(lambda page: pressed(page) == ["Not helpful"])

    await tab.say("And who delivers my parcel?")
    await tab.sees(lambda page: len(page.entries()) == 4)
    await tab.answer()

    first, second = [each async for each in RouteDecision.objects.order_by("id")]
    assert (first.features["bad_ratings"], second.features["bad_ratings"]) == (0, 1)
    assert dict(second.moved)["bad ratings"] >= 1
    assert "bad ratings" in second.reason
