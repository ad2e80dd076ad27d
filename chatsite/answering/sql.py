"""Hand-written statements of the worker's way with a reply: see `chatsite.chat.sql` for why."""

import json
import uuid
from datetime import UTC, datetime

from django.db import connection

from chatsite.answering.question import attachments_in_prompt
from chatsite.answering.question.open_question import EarlierMessage
from chatsite.chat.models import Conversation, Message
from chatsite.chat.sql import now

# Of a message, what writing the reply takes, in the order of the model's fields.
JOB = (
    "id conversation_id position role state text client_id created_at attempt tries deadline tier"
    " failure stage draft instead rating rating_note retries waits offers_person language"
    " first_words_ms files_unseen"
)
COLUMNS = [
    field.attname for field in Message._meta.concrete_fields if field.attname in JOB.split(" ")
]
DUE = f"""
SELECT {", ".join(f"reply.{column}" for column in COLUMNS)},
    held.public_id, held.visitor, held.address, held.revision,
    NOT EXISTS (
        SELECT 1 FROM chat_message newer
        WHERE newer.conversation_id = held.id AND newer.position > reply.position
    ),
    EXISTS (SELECT 1 FROM widget_customer known WHERE known.visitor = held.visitor)
FROM chat_message reply
JOIN chat_conversation held ON held.id = reply.conversation_id
WHERE reply.id = %s AND reply.state = 'pending' AND reply.due_at <=
"""  # noqa: S608 - our own words
NETWORK = """
SELECT held.address, held.id
FROM chat_message reply JOIN chat_conversation held ON held.id = reply.conversation_id
WHERE reply.id = %s
"""
# With Message.found_wanting, in SQL.
EARLIER = """
SELECT position, role, state, text, COALESCE(rating, 0) = -1 OR retries > 0, files
FROM chat_message
WHERE conversation_id = %s AND position < %s
ORDER BY position DESC
LIMIT %s
"""


def network(reply_id: int) -> str:
    """That a reply's conversation was begun from, or what stands for the conversation alone."""
    with connection.cursor() as cursor:
        cursor.execute(NETWORK, [reply_id])
        found = cursor.fetchone()
    return str(found[0] or found[1]) if found else ""


def due(reply_id: int) -> tuple[Message, bool, bool] | None:
    """The reply with its conversation, whether it is the newest message there, and whether its
    customer was signed in by the site that the widget stands on.

    None unless it may be claimed now.
    """
    with connection.cursor() as cursor:
        cursor.execute(DUE + now(), [reply_id])
        found = cursor.fetchone()
    if found is None:
        return None
    *row, public_id, visitor, address, revision, is_newest, is_signed_in = found
    reply = Message.from_db(connection.alias, COLUMNS, row)
    reply.files = []  # an answer has none
    reply.created_at = _moment(reply.created_at)
    reply.deadline = reply.deadline and _moment(reply.deadline)
    reply.conversation = Conversation(
        id=reply.conversation_id,
        public_id=uuid.UUID(str(public_id)),
        visitor=visitor,
        address=address,
        revision=revision,
    )
    return reply, bool(is_newest), bool(is_signed_in)


def is_signed_in(visitor: str) -> bool:
    """Whether the site that the widget stands on has signed this customer in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM widget_customer WHERE visitor = %s", [visitor])
        return cursor.fetchone() is not None


def claim(reply: Message, lease_seconds: int) -> bool:
    """Begin the next attempt of a reply that was due, unless it has moved on since.

    Somebody else may have claimed it, or the customer said more, which gives it another position.
    """
    sql = f"""
        UPDATE chat_message
        SET state = 'writing', attempt = attempt + 1, tries = tries + 1, text = '',
            language = %s, lease_until = {now(lease_seconds)}
        WHERE id = %s AND attempt = %s AND position = %s
            AND state = 'pending' AND due_at <= {now()}
    """  # noqa: S608 - our own words
    with connection.cursor() as cursor:
        cursor.execute(sql, [reply.language, reply.pk, reply.attempt, reply.position])
        if not cursor.rowcount:
            return False
    reply.state, reply.text = Message.State.WRITING, ""
    reply.attempt += 1
    reply.tries += 1
    return True


def earlier(reply: Message, most: int) -> list[EarlierMessage]:
    """The newest messages before a reply that have words and are not being written; oldest first.

    As messages they would cost ten times as much to read.
    """
    with connection.cursor() as cursor:
        cursor.execute(EARLIER, [reply.conversation_id, reply.position, most])
        rows = [
            EarlierMessage(position, role, state, text, wanting, attachments_in_prompt.read(files))
            for position, role, state, text, wanting, files in reversed(cursor.fetchall())
        ]
    return [message for message in rows if message.words and message.state not in Message.OPEN]


def _moment(value: datetime) -> datetime:
    """A time as the database's driver gives it: SQLite's is in UTC and does not say so."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def go_on(reply: Message, lease_seconds: int) -> bool:
    """Begin this attempt at a reply right after the one before it, unless that one has lost it."""
    sql = f"""
        UPDATE chat_message
        SET attempt = %s, tries = %s, stage = %s, draft = %s, instead = %s,
            failure = %s, sources = %s, text = '',
            lease_until = {now(lease_seconds)}
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
                reply.instead,
                reply.failure,
                json.dumps(reply.sources),
                reply.pk,
                reply.attempt - 1,
            ],
        )
        return bool(cursor.rowcount)
