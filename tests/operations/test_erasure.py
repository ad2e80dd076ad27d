"""A customer's words, wherever they have gone to: erased, they are nowhere; and in no log."""

import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import redis
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatsite.chat.models import Conversation, Summary
from chatsite.inbox.models import Note
from chatsite.offline.models import Batch, Item
from chatsite.operations.tasks import forget_deleted_words
from chatsite.staff import roles
from chatsite.webhooks import outbox
from chatsite.webhooks.models import Endpoint, Kind
from tests.chat.conftest import *  # noqa: F403
from tests.chat.test_admin import member, signed_in
from tests.guards import guards

CARD, EMAIL, PHONE = "4111 1111 1111 1111", "ada@planted.example", "+49 151 23456789"
SECRET = "xylophonist"
PLANTED = (CARD, EMAIL, PHONE, SECRET)


def stored() -> dict[str, str]:
    """All that the database's tables, Redis and the site's files hold, by where it is."""
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = str(cursor.fetchall())
    broker = redis.Redis.from_url(settings.REDIS_URL)
    reading: dict[bytes, Callable[[bytes], Any]] = {
        b"string": broker.get,
        b"hash": broker.hgetall,
        b"set": broker.smembers,
        b"list": lambda key: broker.lrange(key, 0, -1),
        b"zset": lambda key: broker.zrange(key, 0, -1),
        b"stream": broker.xrange,
        b"none": lambda key: None,  # expired since it was listed
    }
    for key in broker.scan_iter():
        found[f"Redis: {key!r}"] = str(reading[cast("bytes", broker.type(key))](key))
    for file in Path(settings.VAR_DIR).rglob("*"):
        # The database's own file: its tables are read above.
        if file.is_file() and ".sqlite3" not in file.name:
            found[str(file)] = file.read_bytes().decode(errors="replace")
    return found


def places(word: str) -> list[str]:
    return [where for where, held in stored().items() if word in held]


def everything_hangs_on(public_id: uuid.UUID, staff: Client) -> None:
    """What staff, the customer and the site by itself add to a conversation."""
    one = Conversation.objects.get(public_id=public_id)
    reply = one.messages.filter(role="assistant").latest("position")
    reply.rating, reply.rating_note = -1, f"not about the {SECRET}"
    reply.save()
    Conversation.objects.filter(pk=one.pk).update(
        email=EMAIL,
        satisfaction=-1,
        satisfaction_note=f"call {PHONE}",
        satisfaction_at=timezone.now(),
        email_at=timezone.now(),
    )
    Note.objects.create(conversation=one, text=f"Card {CARD}, {SECRET}")
    Summary.objects.create(conversation=one, revision=one.revision, text=f"Asks as {SECRET}")
    Endpoint.objects.create(name="Desk", url="https://desk.example/")
    outbox.forget_endpoints()
    assert outbox.record(Kind.ASKED, one.reference, {"text": SECRET})
    batch = Batch.objects.create(purpose="judging", model="gpt-4", state="running")
    Item.objects.create(
        batch=batch,
        reference="judge:1",
        subject=reply.reference,
        state="waiting",
        request={"messages": SECRET},
        text=SECRET,
    )
    staff.post(f"/admin/chat/conversation/{one.pk}/take/")
    staff.post(
        f"/admin/chat/conversation/{one.pk}/say/",
        {"text": f"Dear {EMAIL}", "client_id": str(uuid.uuid4())},
    )


@guards(
    "chatsite/chat/actions/delete_conversation.py",
    "RouteDecision.objects.filter(reference__in=replies).delete()",
    without="pass",
)
async def test_of_an_erased_customer_nothing_is_left_anywhere(tab, worker, upstream, caplog):
    caplog.set_level(logging.INFO)
    upstream.says(f"Hello, {SECRET}: [CARD_1], [EMAIL_1] and [PHONE_1] are noted.")
    await tab.say(f"I am a {SECRET}. Card {CARD}, write to {EMAIL} or call {PHONE}.")
    await tab.answer(within=60)
    operator = await database_sync_to_async(lambda: signed_in(member("olga", roles.OPERATORS)))()
    public_id = uuid.UUID(tab.page.conversation)
    await database_sync_to_async(everything_hangs_on)(public_id, operator)
    before = {word: await database_sync_to_async(places)(word) for word in PLANTED}
    number = (await Conversation.objects.aget()).pk

    erase = f"/admin/chat/conversation/{number}/erase/"
    asked = await database_sync_to_async(operator.get)(erase)
    data = await database_sync_to_async(operator.get)(f"{erase[:-6]}data/?all=")
    erased = await database_sync_to_async(operator.post)(erase)
    await database_sync_to_async(forget_deleted_words.apply)()

    assert all("chat_message" in before[word] for word in PLANTED)
    assert len(before[SECRET]) > 5
    assert b"1 conversation" in asked.content
    assert [word for word in PLANTED if word not in data.content.decode()] == []
    assert erased.status_code == 302
    assert {word: await database_sync_to_async(places)(word) for word in PLANTED} == {
        word: [] for word in PLANTED
    }
    assert [word for word in PLANTED if word in caplog.text] == []
    sent = str([each.body for each in upstream.requests])
    assert [word for word in (CARD, EMAIL, PHONE) if word in sent] == []
