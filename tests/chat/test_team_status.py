"""A customer who waits or is answered by a person is told what the team does, as it happens."""

from datetime import timedelta

from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.utils import timezone

from chatsite.chat import change_announcements
from chatsite.chat.actions import staff_reply, take_over
from chatsite.chat.live import bus, database_polling, team_status
from chatsite.chat.live.outgoing_frames import Present
from chatsite.chat.models import Conversation
from tests.chat.conftest import Tab
from tests.guards import guards
from tests.page import Page


def place(page: Page) -> str:
    return page.node("place").text


def typing(page: Page) -> str:
    return page.node("typing-person").text


@database_sync_to_async
def somebody_waits_longer() -> Conversation:
    asked = timezone.now() - timedelta(minutes=1)
    return Conversation.objects.create(visitor="w" * 64, wants_person_since=asked)


@database_sync_to_async
def is_taken_over(of: Conversation | None = None) -> Conversation:
    held = of or Conversation.objects.get()
    nora = User.objects.get_or_create(username="nora")[0]
    change_announcements.announce(take_over.conversation(held.pk, nora))
    return held


@guards("chatsite/chat/live/database_polling.py", "places.get(conversation, 0)", "0")
async def test_who_waits_for_a_person_sees_their_place_move_up(tab: Tab, hints):
    first = await somebody_waits_longer()
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    await tab.send({"person": "1"})
    await tab.sees(lambda page: "You are waiting" in page.node("conversation-status").text)

    await database_polling.look(bus.here())
    await tab.sees(lambda page: place(page) == "Your place in the queue: 2")
    await is_taken_over(first)
    await database_polling.look(bus.here())
    await tab.sees(lambda page: place(page) == "Your place in the queue: 1")

    await is_taken_over(await Conversation.objects.exclude(pk=first.pk).aget())
    await tab.sees(lambda page: place(page) == "")


async def test_a_customer_sees_that_a_person_types_until_they_have_written(tab: Tab, hints):
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    held = await is_taken_over()
    nora, olga = (Present(held.public_id.hex, person, "Nora", True) for person in (1, 2))
    looks = Present(held.public_id.hex, 2, "Olga", False)

    bus.here().publish(nora)
    await tab.sees(lambda page: typing(page) == "A person from our team is typing…")
    # A colleague who only looks says nothing of the one who types.
    bus.here().publish(looks)
    change = await database_sync_to_async(
        lambda: staff_reply.send(held.pk, User.objects.get(), "Hello.")
    )()
    assert typing(tab.page) != ""
    change_announcements.announce(change, bus.here())

    await tab.sees(lambda page: typing(page) == "")
    assert tab.newest is not None
    assert tab.newest.text == "Hello."
    bus.here().publish(olga)
    await tab.sees(lambda page: typing(page) != "")
    bus.here().publish(looks)
    await tab.sees(lambda page: typing(page) == "")


@guards(
    "chatsite/chat/live/team_status.py",
    "call_later(TYPING_LASTS, self._typing_ends)",
    "call_later(60, print)",
)
async def test_an_inbox_that_closes_leaves_nobody_typing(tab: Tab, hints, monkeypatch):
    monkeypatch.setattr(team_status, "TYPING_LASTS", 0.1)
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)

    bus.here().publish(Present(tab.page.conversation.replace("-", ""), 1, "Nora", True))

    await tab.sees(lambda page: typing(page) != "")
    await tab.sees(lambda page: typing(page) == "", within=2)
