"""What a tab is shown: everything, once, and nothing of anybody else's."""

import asyncio
import threading
import uuid
from datetime import timedelta

import pytest
from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import AsyncClient

from chatsite.chat import change_announcements, displayed_messages
from chatsite.chat.actions import ask, end_reply
from chatsite.chat.change_announcements import Change
from chatsite.chat.live import bus, database_polling
from chatsite.chat.live.consumer import (
    LONGEST_FRAME,
    NOT_ALLOWED,
    TRY_AGAIN,
)
from chatsite.chat.live.outgoing_frames import Begun, Delta
from chatsite.chat.live.send_buffer import MOST_UNREAD
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import rate_limits
from chatsite.markdown import Growing
from tests.chat.conftest import Tab
from tests.guards import guards

# By any of the tests below.
GUARDS = [
    (
        "chatsite/chat/live/incoming_frames.py",
        "    return PageRequest(rate_limits.asking, question)\n",
        "    return PageRequest(rate_limits.clicking, question)\n",
    ),
    (
        "chatsite/chat/web/rate_limits.py",
        "        if self.taken[key] >= self.most:\n",
        "        if not self.most:\n",
    ),
    (
        "chatsite/chat/web/rate_limits.py",
        "            self.taken[key] -= 1\n",
        "            pass\n",
    ),
]


def shown(tab: Tab) -> list[tuple[str, str, str]]:
    return [(entry.role, entry.state, entry.text) for entry in tab.page.entries()]


async def closed_with(tab: Tab) -> int:
    """The code with which the server ends the socket; the page shows whatever it sends before."""
    assert tab.socket is not None
    while True:
        message = await tab.socket.receive_output(timeout=5)
        if message["type"] == "websocket.close":
            return int(message["code"])
        tab.page.apply(message["text"])


async def test_every_tab_shows_the_same(tab, open_tab, worker, upstream):
    second = await open_tab(beside=tab)
    upstream.says("First part.\n\nSecond **part**.", every=0.01)

    await tab.say("Hello?")
    await tab.answer()
    await second.answer()

    assert shown(tab) == shown(second)
    assert tab.page.missed == second.page.missed == []


async def test_a_tab_opened_in_the_middle_of_an_answer_shows_all_of_it(
    tab, open_tab, worker, upstream
):
    text = (
        "Twenty words that come one after the other, so that a tab can be opened between them. " * 2
    )
    upstream.says(text.strip(), every=0.06)
    await tab.say("Hello?")
    await tab.newest_is("writing")
    await asyncio.sleep(0.5)

    late = await open_tab(beside=tab)
    partial = []

    def ended(page):
        partial.append(late.newest.text)
        return late.newest.state == "complete"

    await late.sees(ended)

    assert len(partial) > 5
    assert all(text.startswith(each) for each in partial)
    assert late.newest.text == text.strip()
    assert late.page.missed == []


async def test_a_reloaded_page_shows_what_is_stored(tab, worker, upstream):
    upstream.says("Stored.")
    await tab.say("Hello?")
    await tab.answer()

    response = await tab.client.get("/")

    assert response.status_code == 302
    assert response["Location"] == tab.address
    assert "Stored." in (await tab.client.get(tab.address)).content.decode()


async def test_a_tab_that_returns_shows_what_it_missed(tab, open_tab, worker, upstream):
    other = await open_tab(beside=tab)
    await tab.disconnect()
    await other.say("Said while the first tab was away")
    await other.answer()

    assert await tab.connect()
    await tab.sees(lambda page: len(page.entries()) == 2, within=2)

    assert shown(tab) == shown(other)


@guards(
    "chatsite/chat/live/consumer.py",
    "        if is_over or frame.before != self.revision:\n",
    "        if is_over:\n",
)
async def test_frames_that_were_lost_are_made_good_from_the_database(tab, hints):
    await tab.say("One")
    await tab.sees(lambda page: len(page.entries()) == 2)
    conversation = await Conversation.objects.aget()

    # Committed by another process, whose frame Redis lost.
    await database_sync_to_async(ask.question)(
        conversation.public_id, conversation.visitor, "Two", uuid.uuid4()
    )
    await tab.say("Three")

    await tab.sees(lambda page: len(page.entries()) == 4, within=2)
    assert [entry.text for entry in tab.page.entries()][:3] == ["One", "Two", "Three"]


@guards("chatsite/chat/live/progress.py", "        self._whole.clear()\n", "")
async def test_words_that_were_shown_and_lost_again_come_with_the_end(tab, hints):
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    reply = await Message.objects.select_related("conversation").aget(role="assistant")
    conversation, live = reply.conversation.public_id.hex, bus.here()
    last_words = Growing().grow("Good evening.", is_end=True)
    reply.attempt = 1
    live.publish(
        change_announcements.begun(reply),
        Delta(conversation, reply.pk, 1, 0, 13, last_words, is_last=True),
    )
    await tab.sees(lambda page: tab.newest.text == "Good evening.")

    await Message.objects.filter(pk=reply.pk).aupdate(
        state="writing", attempt=1, text="Good ", lease_until=Now() + timedelta(minutes=1)
    )
    live.expect(conversation, reply.conversation.revision + 1)
    await tab.sees(lambda page: tab.newest.text == "Good")
    change_announcements.announce(await database_sync_to_async(answered)(reply.pk), live)

    assert await tab.newest_is("complete") == "Good evening."


@guards(
    "chatsite/chat/live/progress.py",
    "                return Words.LOST\n            end = 0\n",
    "                pass\n            end = 0\n",
)
async def test_words_whose_beginning_was_lost_come_with_the_end(tab, hints):
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    reply = await Message.objects.select_related("conversation").aget(role="assistant")
    conversation, live = reply.conversation.public_id.hex, bus.here()
    last_words = Growing().grow("Good evening.", is_end=True)

    live.publish(Delta(conversation, reply.pk, 1, 0, 13, last_words, is_last=True))
    await Message.objects.filter(pk=reply.pk).aupdate(
        state="writing", attempt=1, text="Good ", lease_until=Now() + timedelta(minutes=1)
    )
    change_announcements.announce(await database_sync_to_async(answered)(reply.pk), live)

    assert await tab.newest_is("complete") == "Good evening."


def answered(reply_id: int) -> Change:
    with transaction.atomic():
        reply = Message.objects.get(pk=reply_id)
        change = end_reply.end(reply, "complete", text="Good evening.")
    assert change is not None
    return change


@guards(
    "chatsite/chat/live/database_polling.py",
    "            here.expect(conversation, revisions.get(conversation))\n",
    "            continue\n",
)
async def test_what_no_frame_told_is_found_by_looking(tab, hints):
    await tab.say("Hello?")
    await tab.sees(lambda page: len(page.entries()) == 2)
    await Message.objects.filter(role="assistant").aupdate(
        state="complete", text="Told by nobody.", deadline=None, due_at=None
    )
    conversation = await Conversation.objects.aget()
    conversation.revision += 1
    await conversation.asave()

    await database_polling.look(bus.here())

    await tab.sees(lambda page: tab.newest.text == "Told by nobody.", within=2)


@guards(
    "chatsite/chat/displayed_messages.py",
    "    if conversation.visitor != visitor:\n",
    "    if False:\n",
)
async def test_nobody_reads_another_visitors_conversation(tab, open_tab, worker, upstream):
    await tab.say("My secret")
    await tab.answer()
    stranger = await open_tab()

    page = await stranger.client.get(tab.address)
    stranger.address = tab.address
    stranger.page.conversation = tab.page.conversation
    await stranger.connect()

    assert page.status_code == 404
    assert await closed_with(stranger) == NOT_ALLOWED


@guards(
    "chatsite/chat/actions/ask.py", "    if conversation.visitor != visitor:\n", "    if False:\n"
)
async def test_nobody_writes_into_another_visitors_conversation(tab, open_tab, worker):
    await tab.say("Mine")
    await tab.answer()
    stranger = await open_tab()

    posted = await stranger.client.post(
        f"{tab.address}ask/", {"text": "Not mine", "client_id": str(uuid.uuid4())}
    )

    assert posted.status_code == 404
    assert await Message.objects.filter(role="customer").acount() == 1


@guards(
    "chatsite/asgi.py",
    '"websocket": OriginValidator(\n'
    "            sockets, [*settings.ALLOWED_HOSTS, *settings.CSRF_TRUSTED_ORIGINS]\n"
    "        ),",
    '"websocket": sockets,',
)
async def test_a_page_of_another_origin_gets_no_socket(tab):
    await tab.disconnect()

    assert not await tab.connect(origin="https://evil.example")


async def test_without_a_visitors_key_there_is_no_socket(tab):
    await tab.disconnect()
    tab.client = AsyncClient(headers={"host": "localhost"})

    await tab.connect()

    assert await closed_with(tab) == NOT_ALLOWED


@pytest.mark.parametrize(
    "frame", ["no json", "[]", '{"text": "x", "client_id": "no uuid"}', "{}", "x" * LONGEST_FRAME]
)
async def test_what_no_page_sends_ends_the_socket(frame, tab):
    await tab.socket.send_to(text_data=frame + " ")

    assert await closed_with(tab) == NOT_ALLOWED
    assert not await Message.objects.aexists()


@pytest.mark.parametrize(
    ("text", "words"),
    [("   \n", "write a message"), ("\x00\x01", "write a message"), ("a" * 4001, "too long")],
)
async def test_a_refused_message_is_named_and_not_stored(text, words, tab):
    client_id = uuid.uuid4()

    await tab.say(text, client_id)
    await tab.sees(lambda page: page.refused[0] == str(client_id))

    assert words in tab.page.refused[1]
    assert not await Message.objects.aexists()


def rename_table(name: str, to: str) -> None:
    with connection.schema_editor() as editor:
        editor.execute(f"ALTER TABLE {name} RENAME TO {to}")


@guards(
    "chatsite/chat/live/consumer.py",
    'logger.exception("A message was not stored")\n            await self.close(TRY_AGAIN)\n',
    'self.outgoing.put(fragments.notice("Stored.", client_id))\n',
)
async def test_a_message_that_cannot_be_stored_is_not_acknowledged(tab, hints):
    rename = database_sync_to_async(rename_table)
    client_id = uuid.uuid4()
    assert 'id="messages"' in await tab.socket.receive_from(timeout=5)  # it has read all it reads
    await rename("chat_message", "chat_lost")
    try:
        await tab.say("Are you open?", client_id)
        code = await closed_with(tab)
    finally:
        await rename("chat_lost", "chat_message")

    assert (code, shown(tab), tab.page.refused[0]) == (TRY_AGAIN, [], "")
    assert not await Message.objects.aexists()
    await tab.connect()
    await tab.say("Are you open?", client_id)
    await tab.sees(lambda page: page.entries())
    assert shown(tab)[0] == ("customer", "complete", "Are you open?")


@guards(
    "chatsite/chat/web/rate_limits.py",
    "        raise TooFast\n\n\nclass _Counter",
    "        pass\n\n\nclass _Counter",
)
async def test_who_asks_too_often_is_told_to_wait(tab, hints, settings):
    settings.ASKS_PER_VISITOR = 2
    for text in ("One", "Two", "Three"):
        await tab.say(text)

    await tab.sees(lambda page: page.refused[1])

    assert "wait a moment" in tab.page.refused[1]
    assert await Message.objects.filter(role="customer").acount() == 2


async def test_an_address_holds_so_many_sockets_and_no_more(open_tab, hints, monkeypatch):
    monkeypatch.setattr(rate_limits, "sockets_per_address", rate_limits.Places(2))
    first, second = await open_tab(), await open_tab()
    await first.disconnect()
    third = await open_tab()

    refused = not await first.connect()
    await second.disconnect()

    assert refused
    assert await first.connect()
    await third.say("Still there?")
    await third.sees(lambda page: page.entries())


async def test_a_tab_that_cannot_be_read_is_refused_and_takes_no_place(tab, monkeypatch):
    rename = database_sync_to_async(rename_table)
    await tab.disconnect()
    monkeypatch.setattr(rate_limits, "sockets_per_address", rate_limits.Places(1))
    await rename("chat_message", "chat_lost")
    try:
        refused = not await tab.connect()
        await tab.disconnect()
    finally:
        await rename("chat_lost", "chat_message")

    assert refused
    assert await tab.connect()


async def test_a_tab_is_heard_while_it_looks_what_it_missed(tab, monkeypatch):
    looked = threading.Event()
    monkeypatch.setattr(displayed_messages, "revisions", lambda _: looked.wait(10) and {})
    await tab.disconnect()
    assert await tab.connect()
    try:
        await tab.send("nothing that our page sends")
        assert await closed_with(tab) == NOT_ALLOWED
    finally:
        looked.set()


@guards(
    "chatsite/chat/live/send_buffer.py",
    "                    if self._unread > MOST_UNREAD:\n",
    "                    if False:\n",
)
async def test_a_reader_who_does_not_keep_up_is_cut_off(tab, hints):
    here = bus.here()
    conversation = tab.page.conversation.replace("-", "")
    assert 'id="messages"' in await tab.socket.receive_from(timeout=5)  # it hears from now on

    here.publish(Begun(conversation, 1, 1, []))
    for number in range(12):
        here.publish(Delta(conversation, 1, 1, number, number + 1, "x" * (MOST_UNREAD // 10)))
        await asyncio.sleep(0)

    assert await closed_with(tab) == TRY_AGAIN


async def test_a_reader_who_keeps_up_is_not(tab, hints):
    here = bus.here()
    conversation = tab.page.conversation.replace("-", "")
    assert 'id="messages"' in await tab.socket.receive_from(timeout=5)  # it hears from now on
    page = f"<p>{'x' * (MOST_UNREAD // 10)}</p>"

    received = ""
    here.publish(Begun(conversation, 1, 1, []))
    for number in range(12):
        here.publish(Delta(conversation, 1, 1, number, number + 1, page))
        while received.count("<p>") <= number:
            received += await tab.socket.receive_from(timeout=5)
        await tab.send({"ack": number})

    assert len(received) > MOST_UNREAD


@guards("chatsite/chat/live/consumer.py", " and not isinstance(error, Disconnected)", without="")
async def test_what_is_sent_to_a_tab_that_has_just_gone_is_no_error(tab, monkeypatch, caplog):
    sent = asyncio.Event()

    async def gone(*_: object, **__: object) -> None:
        sent.set()
        raise Disconnected

    monkeypatch.setattr(AsyncWebsocketConsumer, "send", gone)
    await tab.send({"text": "", "client_id": str(uuid.uuid4())})
    await asyncio.wait_for(sent.wait(), 5)
    await asyncio.sleep(0)

    assert "not brought up to date" not in caplog.text
