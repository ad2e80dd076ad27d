"""Conversations by words that were said in them, over millions of messages.

A rare word is looked up in an index, by how its words begin. A frequent one would bring up half of
the conversations: enough are soon found by reading the first of the list instead. What the index
leaves out, signs and scripts that put no spaces between words, is read, but only in the newest.
"""

import json
import re
from collections.abc import Sequence

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from chatsite.chat.models import Conversation, Message, Summary

Rows = QuerySet[Conversation]

# Messages from which on reading is quicker.
FREQUENT = 20_000
# Conversations that are read for what the index leaves out: none in 200,000 took PostgreSQL 1.3 s.
MOST_READ = 10_000
# Thai, Lao, Burmese, Khmer, and from the radicals of Chinese on.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]")
WORD = re.compile(r"[^\W_]+")

# What the migration has made; a summary is known there by the negative of its key.
SAID = {
    "sqlite": """
        SELECT COALESCE(m.conversation_id, s.conversation_id)
        FROM (SELECT rowid AS id FROM chat_said WHERE chat_said MATCH %s LIMIT %s) AS found
        LEFT JOIN chat_message m ON m.id = found.id
        LEFT JOIN chat_summary s ON s.id = -found.id
    """,
    "postgresql": """
        SELECT conversation FROM chat_said WHERE words @@ TO_TSQUERY('simple', %s) LIMIT %s
    """,
}
LISTED = {
    "sqlite": "SELECT value FROM JSON_EACH(%s)",
    "postgresql": "SELECT CAST(JSON_ARRAY_ELEMENTS_TEXT(%s) AS bigint)",
}
# Words of one term stand beside each other, and the last may go on.
TERMS = {"sqlite": ('"{}"*', " ", " "), "postgresql": ("({}:*)", " <-> ", " & ")}


def holding(rows: Rows, terms: Sequence[str]) -> Rows:
    """Those with a message or a summary that holds all these terms."""
    words = _words(terms)
    found = _looked_up(words) if words else None
    if found is not None:
        # As one value: thousands of parameters would take longer than all else.
        listed = RawSQL(LISTED[connection.vendor], [json.dumps(sorted(found))])  # noqa: S611
        rows = rows.filter(id__in=listed)
    if are_words(terms):
        return rows if found is not None else _reading(rows, terms)
    newest = rows.order_by("-active_at", "-id").values("id")[:MOST_READ]
    return _reading(rows.filter(id__in=newest), terms)


def are_words(terms: Sequence[str]) -> bool:
    """Whether the index knows all of them; it leaves signs out."""
    return list(terms) == ["".join(words) for words in _words(terms)]


def _words(terms: Sequence[str]) -> list[list[str]]:
    """Of the terms that can be looked up."""
    return [words for term in terms if (words := WORD.findall(term)) and not UNSPACED.search(term)]


def _looked_up(words: Sequence[Sequence[str]]) -> set[int] | None:
    """In which conversations; None where there are too many."""
    term, within, between = TERMS[connection.vendor]
    query = between.join(term.format(within.join(each)) for each in words)
    with connection.cursor() as cursor:
        cursor.execute(SAID[connection.vendor], [query, FREQUENT])
        found = [number for (number,) in cursor.fetchall()]
    return set(found) if len(found) < FREQUENT else None


def _reading(rows: Rows, terms: Sequence[str]) -> Rows:
    holds = Q(*(Q(text__icontains=term) for term in terms))
    # Not EXISTS: PostgreSQL would read every message first.
    found = (
        Subquery(texts.filter(holds, conversation=OuterRef("id")).order_by().values("id")[:1])
        for texts in (Message.objects, Summary.objects)
    )
    return rows.alias(said=Coalesce(*found)).filter(said__isnull=False)
