"""Conversations that end: by their customer, or deleted with all that hangs on them."""

import uuid

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, User
from django.test import Client

from billing.models import LedgerEntry
from chatsite.chat import change_announcements
from chatsite.chat.actions import delete_conversation
from chatsite.chat.live import bus, database_polling
from chatsite.chat.live.consumer import GONE
from chatsite.chat.models import Conversation, DeletedConversation, Message
from chatsite.offline.models import Batch, Item
from chatsite.quality.models import QualityLabel
from chatsite.staff import roles
from routing.models import RouteDecision
from tests.chat.conftest import Tab
from tests.chat.test_sockets import closed_with

SECRET = "my card is 4111 1111 1111 1111"


@pytest.fixture
async def answered(tab: Tab, worker, upstream) -> Tab:
    upstream.says("An answer.")
    await tab.say(SECRET)
    await tab.answer()
    return tab


@pytest.fixture
def operator(db) -> Client:
    roles.grant()
    user = User.objects.create_user("olu", is_staff=True)
    user.groups.add(Group.objects.get(name=roles.OPERATORS))
    client = Client()
    client.force_login(user)
    return client


def label_and_rate() -> Conversation:
    reply = Message.objects.get(role="assistant")
    Message.objects.filter(pk=reply.pk).update(rating=1)
    QualityLabel.objects.create(reply=reply, source="rating", cheap=1.0, weight=0.5)
    batch = Batch.objects.create(purpose="judging", model="gpt-4", state="running")
    for state in ("answered", "waiting"):
        Item.objects.create(
            batch=batch,
            reference=f"judge:{state}",
            subject=reply.reference,
            state=state,
            request={"messages": SECRET},
            text=SECRET,
        )
    return reply.conversation


async def test_a_rated_and_labelled_conversation_is_deleted_and_its_amounts_stay(
    answered, operator
):
    conversation = await database_sync_to_async(label_and_rate)()
    charged = await database_sync_to_async(
        lambda: list(LedgerEntry.objects.values_list("reference", "amount"))
    )()

    def delete() -> None:
        page = f"/admin/chat/conversation/{conversation.pk}/delete/"
        assert operator.get(page).status_code == 200
        assert operator.post(page, {"post": "yes"}).status_code == 302

    await database_sync_to_async(delete)()

    def left() -> list[object]:
        return [
            *Conversation.objects.all(),
            *Message.objects.all(),
            *QualityLabel.objects.all(),
            *RouteDecision.objects.all(),
            *(item for item in Item.objects.all() if item.text or item.request),
        ]

    assert await database_sync_to_async(left)() == []
    entries = database_sync_to_async(
        lambda: list(LedgerEntry.objects.values_list("reference", "amount"))
    )
    assert charged
    assert await entries() == charged


async def test_several_are_deleted_from_the_list(answered, operator):
    conversation = await database_sync_to_async(label_and_rate)()
    fields = {"action": "delete_selected", "_selected_action": conversation.pk, "post": "yes"}

    answer = await database_sync_to_async(operator.post)("/admin/chat/conversation/", fields)

    assert answer.status_code == 302
    assert not await database_sync_to_async(Conversation.objects.exists)()


async def test_an_open_tab_of_a_deleted_conversation_is_told_and_brings_nothing_back(answered):
    await database_sync_to_async(_delete_all)(announce=True)

    assert await closed_with(answered) == GONE
    assert "ended" in answered.page.refused[1]

    assert await answered.connect()
    assert await closed_with(answered) == GONE
    assert (await answered.client.get(answered.address)).status_code == 410
    fields = {"text": "Hello again", "client_id": str(uuid.uuid4())}
    assert (await answered.client.post(f"{answered.address}ask/", fields)).status_code == 410
    assert not await database_sync_to_async(Conversation.objects.exists)()


async def test_a_tab_that_no_frame_reached_is_told_by_the_watch(answered):
    await database_sync_to_async(_delete_all)(announce=False)

    await database_polling.look(bus.here())

    assert await closed_with(answered) == GONE


async def test_what_a_tab_says_before_it_knows_brings_nothing_back(answered):
    await database_sync_to_async(_delete_all)(announce=False)

    await answered.say("Still there?")

    assert await closed_with(answered) == GONE
    assert not await database_sync_to_async(Conversation.objects.exists)()


async def test_who_ends_a_chat_on_a_shared_computer_leaves_nothing_to_the_next(answered):
    page = await answered.client.get(answered.address)
    assert b"/end/" in page.content

    left = await answered.client.post(f"{answered.address}end/")

    assert left.status_code == 302
    assert left["Clear-Site-Data"] == '"storage"'
    assert await closed_with(answered) == GONE
    front = await answered.client.get("/")
    assert front.status_code == 200
    assert (await answered.client.get(answered.address)).status_code in {404, 410}
    conversation = await database_sync_to_async(Conversation.objects.get)()
    assert conversation.ended_at


async def test_an_ended_chat_is_closed_to_the_same_cookie_too(answered):
    key = answered.client.cookies["visitor"].value
    await answered.client.post(f"{answered.address}end/")
    answered.client.cookies["visitor"] = key

    assert (await answered.client.get(answered.address)).status_code == 410
    assert (await answered.client.get("/")).status_code == 200


async def test_a_customer_deletes_their_conversation(answered):
    answer = await answered.client.post(f"{answered.address}delete/")

    assert answer.status_code == 302
    assert not await database_sync_to_async(Message.objects.exists)()
    assert await database_sync_to_async(DeletedConversation.objects.count)() == 1


@pytest.mark.parametrize("what", ["end", "delete"])
async def test_nobody_ends_another_visitors_conversation(answered, async_client, what):
    await async_client.get("/new/")

    await async_client.post(f"{answered.address}{what}/")

    assert not (await database_sync_to_async(Conversation.objects.get)()).ended_at


def _delete_all(*, announce: bool) -> None:
    ids = list(Conversation.objects.values_list("id", flat=True))
    for change in delete_conversation.conversations(ids):
        if announce:
            change_announcements.announce(change)
