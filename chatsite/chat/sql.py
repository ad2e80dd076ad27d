"""Hand-written statements of what every message costs the web process, and of a reply's end.

With those of `answering.sql` they take 0.4 ms of CPU a reply; the ORM compiles them anew for each
and takes 2.7 ms. They say what the model's columns and constraints say; tests run them on both
databases. Django keeps no compiled statement: ticket #34580 made some of it a fifth quicker.
"""

import itertools
import json
import uuid
from functools import cache

from django.db import connection
from django.db.models import UUIDField

from billing import clock
from chatsite.chat.models import ANSWER_WITHIN, Conversation, Message

UUID: "UUIDField[uuid.UUID, uuid.UUID]" = UUIDField()  # as either database takes one
# Pages of SQLite's index.
MERGED_AT_ONCE = 200
# Of a conversation, what a change of it takes.
HOLDING = [
    *("id", "public_id", "visitor", "revision", "handled_by_id", "wants_person_since"),
    *("resolved_at", "snoozed_until", "handed_back_at", "ended_at"),
    *("satisfaction", "satisfaction_note", "email"),
]


@cache
def now(plus_seconds: int = 0) -> str:
    """The database's clock, which all workers share."""
    if connection.vendor == "sqlite":
        # Compared as text: without the microseconds that Django writes after adding a time, a reply
        # that is due in this millisecond would not be.
        return f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', '{plus_seconds} seconds') || '000'"
    return f"STATEMENT_TIMESTAMP() + INTERVAL '{plus_seconds} seconds'"


def locked(conversation_id: int) -> Conversation | None:
    """The conversation, unchanged by others until this transaction ends; None once deleted."""
    return _held("id", conversation_id)


def locked_by_public_id(public_id: uuid.UUID) -> Conversation | None:
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


def sent_or_open(conversation_id: int, client_id: uuid.UUID) -> list[int]:
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
    """Store new messages, which get their ids; a pending reply is due now.

    The database's clock says when they were said: answers have to end so many seconds later.
    """
    fields = [field for field in Message._meta.concrete_fields if not field.primary_key]
    rows, values = [], []
    for message in messages:
        message.created_at = clock.now()
        pending = message.state == Message.State.PENDING
        moments = {"due_at": now(), "deadline": now(ANSWER_WITHIN.seconds)} if pending else {}
        rows.append(", ".join(moments.get(field.name, "%s") for field in fields))
        values += [
            field.get_db_prep_save(getattr(message, field.attname), connection)
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


def end(reply: Message) -> bool:
    """Store how the reply ended, unless this attempt has lost it."""
    sql = f"""
        UPDATE chat_message
        SET state = %s, failure = %s, text = %s, tier = %s, sources = %s, stage = %s,
            draft = %s, offers_person = %s, first_words_ms = %s, files_unseen = %s,
            lease_until = NULL, due_at = NULL, deadline = NULL, ended_at = {now()}
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
                reply.draft,
                reply.offers_person,
                reply.first_words_ms,
                reply.files_unseen,
                reply.pk,
                reply.attempt,
            ],
        )
        return bool(cursor.rowcount)


def forget_deleted_words() -> None:
    """SQLite's index of words keeps those of deleted messages until its parts are merged.

    In steps, each a write of some milliseconds. PostgreSQL's keeps none.
    """
    if connection.vendor != "sqlite":
        return
    connection.ensure_connection()
    with connection.cursor() as cursor:
        for pages in itertools.chain([-MERGED_AT_ONCE], itertools.repeat(MERGED_AT_ONCE)):
            before = connection.connection.total_changes
            cursor.execute("INSERT INTO chat_said (chat_said, rank) VALUES ('merge', %s)", [pages])
            # The command itself is one change: no more is SQLite's word for nothing left.
            if connection.connection.total_changes - before < 2:
                break
