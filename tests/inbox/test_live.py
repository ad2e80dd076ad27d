"""An open inbox hears of every change at once."""

import orjson
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from chatsite.asgi import application
from chatsite.chat import changes
from chatsite.chat.actions import ask_for_person
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in
from tests.chat.told import Told, prices


def cookie(client: Client) -> bytes:
    return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}".encode()


async def opened(headers: list[tuple[bytes, bytes]]) -> WebsocketCommunicator:
    origin = (b"origin", b"http://localhost")
    socket = WebsocketCommunicator(application, "/ws/inbox/", headers=[origin, *headers])
    assert (await socket.connect(timeout=5))[0]
    return socket


async def hears(socket: WebsocketCommunicator) -> list[str]:
    changed: list[str] = orjson.loads(await socket.receive_from(timeout=5))["changed"]
    return changed


@database_sync_to_async
def a_customer_and_a_session() -> tuple[Told, bytes]:
    prices()
    return Told().asks("Hello?").answered(), cookie(signed_in(member("nora", roles.STAFF)))


async def test_every_open_inbox_hears_that_a_person_is_asked_for(transactional_db, first_policy):
    told, session = await a_customer_and_a_session()
    first = await opened([(b"cookie", session)])
    second = await opened([(b"cookie", session)])
    # Its subscription begins, and with it all is read anew.
    assert await hears(first) == ["*"]

    change = await database_sync_to_async(ask_for_person.request)(
        told.public_id, told.visitor, True
    )
    await database_sync_to_async(changes.announce)(change)

    for each in (first, second):
        heard: list[str] = []
        while told.public_id.hex not in heard:
            heard = await hears(each)
        await each.disconnect()


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
        present = orjson.loads(await nora.receive_from(timeout=5))["present"]
    assert present == {"olga": True}
    for each in (nora, olga):
        await each.disconnect()


@pytest.mark.parametrize("said", ["[]", '{"here": "x", "typing": true}', '{"typing": true}'])
async def test_a_socket_that_says_nonsense_is_closed(transactional_db, first_policy, said):
    _, session, _ = await two_sessions()
    socket = await opened([(b"cookie", session)])

    await socket.send_to(said)

    output = await socket.receive_output(timeout=5)
    while output["type"] != "websocket.close":
        output = await socket.receive_output(timeout=5)
    assert output["code"] == 4403


@pytest.mark.parametrize("session", [b"", b"sessionid=unknown"])
async def test_nobody_else_hears_anything(transactional_db, session):
    socket = await opened([(b"cookie", session)] if session else [])

    closed = await socket.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4403)
