"""An open inbox hears of every change at once."""

from typing import Any

import orjson
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from chatsite.asgi import application
from chatsite.chat import change_announcements
from chatsite.chat.actions import ask_for_person, take_over
from chatsite.chat.change_announcements import Change
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in
from tests.chat.told import Told, prices
from tests.guards import guards


def cookie(client: Client) -> bytes:
    return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}".encode()


async def opened(headers: list[tuple[bytes, bytes]], shows: str = "") -> WebsocketCommunicator:
    origin = (b"origin", b"http://localhost")
    path = f"/ws/inbox/?queue={shows}"
    socket = WebsocketCommunicator(application, path, headers=[origin, *headers])
    assert (await socket.connect(timeout=5))[0]
    return socket


async def hears(socket: WebsocketCommunicator) -> dict[str, Any]:
    news: dict[str, Any] = orjson.loads(await socket.receive_from(timeout=5))
    return news


async def is_closed(socket: WebsocketCommunicator) -> None:
    output = await socket.receive_output(timeout=5)
    while output["type"] != "websocket.close":
        output = await socket.receive_output(timeout=5)
    assert output["code"] == 4403


@database_sync_to_async
def a_customer_and_a_session() -> tuple[Told, bytes]:
    prices()
    return Told().asks("Hello?").answered(), cookie(signed_in(member("nora", roles.STAFF)))


async def test_every_open_inbox_hears_that_a_person_is_asked_for(transactional_db, first_policy):
    told, session = await a_customer_and_a_session()
    first = await opened([(b"cookie", session)], "waiting")
    second = await opened([(b"cookie", session)], "waiting")
    searching = await opened([(b"cookie", session)])
    # What came before it listened is read at once; a page with a search reads by itself.
    assert "Nobody is waiting." in (await hears(first))["queue"]
    assert (await hears(searching))["queue"] == ""

    change = await database_sync_to_async(ask_for_person.request)(
        told.public_id, told.visitor, True
    )
    await database_sync_to_async(change_announcements.announce)(change)

    for each in (first, second):
        shown = ""
        while "Hello?" not in shown:
            shown = (await hears(each)).get("queue", "")
        assert 'data-waiting="1"' in shown
    for each in (first, second, searching):
        await each.disconnect()


@guards(
    "chatsite/inbox/open_inboxes.py",
    "whose = person.pk if inbox.queue in queues.OWN else None",
    "whose = None",
)
async def test_each_sees_their_own_conversations(transactional_db, first_policy):
    told, *sessions = await two_sessions()

    @database_sync_to_async
    def taken() -> Change:
        return take_over.conversation(told.conversation.pk, User.objects.get(username="nora"))

    await database_sync_to_async(change_announcements.announce)(await taken())
    nora, olga = [await opened([(b"cookie", each)], "mine") for each in sessions]

    assert "Hello?" in (await hears(nora))["queue"]
    assert "Nothing here." in (await hears(olga))["queue"]
    for each in (nora, olga):
        await each.disconnect()


def no_longer_staff(user: User) -> None:
    user.groups.clear()


def signed_out(user: User) -> None:
    Session.objects.all().delete()


def with_another_password(user: User) -> None:
    user.set_password("another one")
    user.save()


def closed(user: User) -> None:
    user.is_active = False
    user.save()


@guards("chatsite/inbox/open_inboxes.py", "if inbox not in queue_html:", "if False:")
@guards("chatsite/inbox/open_inboxes.py", "if inbox.session in signed_in", "if True")
@guards(
    "chatsite/inbox/open_inboxes.py", "and readers[inbox.person].password == inbox.password", ""
)
@pytest.mark.parametrize("become", [no_longer_staff, signed_out, with_another_password, closed])
async def test_an_account_that_loses_its_rights_hears_nothing_more(
    transactional_db, first_policy, become
):
    told, session = await a_customer_and_a_session()
    socket = await opened([(b"cookie", session)], "waiting")
    await hears(socket)

    await database_sync_to_async(lambda: become(User.objects.get(username="nora")))()
    change = await database_sync_to_async(ask_for_person.request)(
        told.public_id, told.visitor, True
    )
    await database_sync_to_async(change_announcements.announce)(change)

    output = await socket.receive_output(timeout=5)
    assert (output["type"], output.get("code")) == ("websocket.close", 4403)


@database_sync_to_async
def two_sessions() -> tuple[Told, bytes, bytes]:
    prices()
    told = Told().asks("Hello?").answered()
    nora, olga = (cookie(signed_in(member(name, roles.STAFF))) for name in ("nora", "olga"))
    return told, nora, olga


async def test_who_looks_at_the_same_conversation_is_seen(transactional_db, first_policy):
    told, *sessions = await two_sessions()
    nora, olga = [await opened([(b"cookie", session)]) for session in sessions]
    await hears(nora)
    here = {"here": str(told.public_id), "typing": False}

    await nora.send_to(orjson.dumps(here).decode())
    await olga.send_to(orjson.dumps(here | {"typing": True}).decode())

    present: dict[str, bool] = {}
    while not present:
        present = (await hears(nora)).get("present", {})
    assert present == {"olga": True}
    for each in (nora, olga):
        await each.disconnect()


@guards(
    "chatsite/inbox/staff_actions.py", "        change_announcements.noted(found)", "        pass"
)
async def test_a_colleagues_note_is_there_at_once_and_whom_it_mentions_is_told(
    transactional_db, first_policy
):
    told, *sessions = await two_sessions()
    nora, olga = [await opened([(b"cookie", session)], "all") for session in sessions]
    here = orjson.dumps({"here": str(told.public_id), "typing": False}).decode()
    for each in (nora, olga):
        await hears(each)
    await olga.send_to(here)

    def writes() -> None:
        client = signed_in(User.objects.get(username="nora"))
        path = f"/inbox/{told.conversation.pk}/note/"
        client.post(path, {"note": "@olga please look"}, headers={"hx-request": "true"})

    await database_sync_to_async(writes)()

    news: dict[str, Any] = {}
    while not news.get("here"):
        news = await hears(olga)
    mentioned = news["queue"].partition(">Mentioned")[2]
    assert mentioned.startswith(' <span class="queue__count">1<')
    for each in (nora, olga):
        await each.disconnect()


@pytest.mark.parametrize("said", ["[]", '{"here": "x", "typing": true}', '{"typing": true}'])
async def test_a_socket_that_says_nonsense_is_closed(transactional_db, first_policy, said):
    _, session, _ = await two_sessions()
    socket = await opened([(b"cookie", session)])

    await socket.send_to(said)

    await is_closed(socket)


@pytest.mark.parametrize("session", [b"", b"sessionid=unknown"])
async def test_nobody_else_hears_anything(transactional_db, session):
    socket = await opened([(b"cookie", session)] if session else [])

    await is_closed(socket)
