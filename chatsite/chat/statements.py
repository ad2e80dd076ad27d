"""The statements that every reply costs, by hand.

Compiling them anew for each reply took the ORM 2.7 ms of CPU; like this they take 0.4 ms.
They say what the model's columns and constraints say; tests run them on both databases.
"""

import json
import uuid
from datetime import UTC, datetime
from functools import cache

from django.db import connection
from django.db.models import UUIDField

from chatsite.chat.models import ANSWER_WITHIN, Conversation, Message
from chatsite.chat.turns import Told

# Of a message, what writing the reply takes, in the order of the model's fields.
JOB = (
    "id conversation_id position role state text client_id created_at attempt tries deadline tier"
    " failure stage draft rating rating_note retries waits"
)
COLUMNS = [
    field.attname for field in Message._meta.concrete_fields if field.attname in JOB.split(" ")
]
UUID: "UUIDField[uuid.UUID, uuid.UUID]" = UUIDField()  # as either database takes one
# Of a conversation, what a change of it takes.
HOLDING = ["id", "public_id", "visitor", "revision", "handled_by_id"]
DUE = f"""
SELECT {", ".join(f"reply.{column}" for column in COLUMNS)},
    held.public_id, held.visitor, held.address, held.revision,
    NOT EXISTS (
        SELECT 1 FROM chat_message newer
        WHERE newer.conversation_id = held.id AND newer.position > reply.position
    )
FROM chat_message reply
JOIN chat_conversation held ON held.id = reply.conversation_id
WHERE reply.id = %s AND reply.state = 'pending' AND reply.due_at <=
"""  # noqa: S608 - our own words
# With Message.found_wanting, in SQL.
EARLIER = """
SELECT position, role, state, text, COALESCE(rating, 0) = -1 OR retries > 0
FROM chat_message
WHERE conversation_id = %s AND position < %s
ORDER BY position DESC
LIMIT %s
"""


@cache
def _now(plus_seconds: int = 0) -> str:
    """The database's clock, which all workers share."""
    if connection.vendor == "sqlite":
        # Compared as text: without the microseconds that Django writes after adding a time, a reply
        # that is due in this millisecond would not be.
        return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{plus_seconds} seconds') || '000'"
    return f"STATEMENT_TIMESTAMP() + INTERVAL '{plus_seconds} seconds'"


def due(reply_id: int) -> tuple[Message, bool] | None:
    """The reply with its conversation, and whether it is the newest message there.

    None unless it may be claimed now.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE + _now(), [reply_id])
        found = cursor.fetchone()
    if found is None:
        return None
    *row, public_id, visitor, address, revision, is_newest = found
    reply = Message.from_db(connection.alias, COLUMNS, row)
    reply.created_at = _moment(reply.created_at)
    reply.deadline = reply.deadline and _moment(reply.deadline)
    reply.conversation = Conversation(
        id=reply.conversation_id,
        public_id=uuid.UUID(str(public_id)),
        visitor=visitor,
        address=address,
        revision=revision,
    )
    return reply, bool(is_newest)


def claim(reply: Message, lease_seconds: int) -> bool:
    """Begin the next attempt of a reply that was due, unless it has moved on since.

    Somebody else may have claimed it, or the customer said more, which gives it another position.
    """
    sql = f"""
        UPDATE chat_message
        SET state = 'writing', attempt = attempt + 1, tries = tries + 1, text = '',
            lease_until = {_now(lease_seconds)}
        WHERE id = %s AND attempt = %s AND position = %s
            AND state = 'pending' AND due_at <= {_now()}
    """  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(sql, [reply.pk, reply.attempt, reply.position])
        if not cursor.rowcount:
            return False
    reply.state, reply.text = Message.State.WRITING, ""
    reply.attempt += 1
    reply.tries += 1
    return True


def earlier(reply: Message, most: int) -> list[Told]:
    """The newest messages before a reply that have words and are not being written; oldest first.

    As messages they would cost ten times as much to read.
    """
    with connection.cursor() as cursor:
        cursor.execute(EARLIER, [reply.conversation_id, reply.position, most])
        rows = [Told._make(row) for row in reversed(cursor.fetchall())]
    return [told for told in rows if told.text and told.state not in Message.OPEN]


def _moment(value: datetime) -> datetime:
    """A time as the database's driver gives it: SQLite's is in UTC and does not say so."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def locked(conversation_id: int) -> Conversation:
    """The conversation, which nobody else changes until this transaction ends."""
    found = _held("id", conversation_id)
    assert found is not None
    return found


def begun(public_id: uuid.UUID) -> Conversation | None:
    """The conversation of this address if there is one, locked until this transaction ends."""
    return _held("public_id", public_id)


def _held(name: str, value: int | uuid.UUID) -> Conversation | None:
    lock = "FOR UPDATE" if connection.features.has_select_for_update else ""
    sql = f"""
        SELECT {", ".join(HOLDING)} FROM chat_conversation WHERE {name} = %s {lock}
    """  # noqa: S608 - our own words
    key = UUID.get_db_prep_value(value, connection) if name == "public_id" else value
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        row = cursor.fetchone()
    if row is None:
        return None
    conversation = Conversation.from_db(connection.alias, HOLDING, row)
    conversation.public_id = uuid.UUID(str(conversation.public_id))
    return conversation


def standing(conversation_id: int, client_id: uuid.UUID) -> list[int]:
    """The messages of a conversation that have this client id, or are open replies."""
    key = UUID.get_db_prep_value(client_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM chat_message
            WHERE conversation_id = %s AND (client_id = %s OR state IN ('pending', 'writing'))
            """,
            [conversation_id, key],
        )
        return [message for (message,) in cursor.fetchall()]


def add(*messages: Message) -> None:
    """Store new messages, which get their ids; a pending reply is due now."""
    fields = [field for field in Message._meta.concrete_fields if not field.primary_key]
    rows, values = [], []
    for message in messages:
        pending = message.state == Message.State.PENDING
        moments = {"due_at": _now(), "deadline": _now(ANSWER_WITHIN.seconds)} if pending else {}
        rows.append(", ".join(moments.get(field.name, "%s") for field in fields))
        values += [
            field.get_db_prep_save(field.pre_save(message, add=True), connection)
            for field in fields
            if field.name not in moments
        ]
    sql = f"""
        INSERT INTO chat_message ({", ".join(str(field.column) for field in fields)})
        VALUES ({"), (".join(rows)}) RETURNING id
    """  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for message, (key,) in zip(messages, cursor.fetchall(), strict=True):
            message.pk = key
            message._state.adding = False
            message._state.db = connection.alias


def go_on(reply: Message, lease_seconds: int) -> bool:
    """Begin this attempt at a reply right after the one before it, unless that one has lost it."""
    sql = f"""
        UPDATE chat_message
        SET attempt = %s, tries = %s, stage = %s, draft = %s, failure = %s, sources = %s, text = '',
            lease_until = {_now(lease_seconds)}
        WHERE id = %s AND attempt = %s AND state = 'writing'
    """  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                reply.attempt,
                reply.tries,
                reply.stage,
                reply.draft,
                reply.failure,
                json.dumps(reply.sources),
                reply.pk,
                reply.attempt - 1,
            ],
        )
        return bool(cursor.rowcount)


def end(reply: Message) -> bool:
    """Store how the reply ended, unless this attempt has lost it."""
    sql = f"""
        UPDATE chat_message
        SET state = %s, failure = %s, text = %s, tier = %s, sources = %s, stage = %s,
            lease_until = NULL, due_at = NULL, deadline = NULL, ended_at = {_now()}
        WHERE id = %s AND attempt = %s AND state IN ('pending', 'writing')
    """  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                reply.state,
                reply.failure,
                reply.text,
                reply.tier,
                json.dumps(reply.sources),
                reply.stage,
                reply.pk,
                reply.attempt,
            ],
        )
        return bool(cursor.rowcount)
