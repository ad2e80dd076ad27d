"""Conversations by words that were said in them, over millions of messages.

A rare word is looked up in an index, by how its words begin. A frequent one would bring up half of
the conversations: enough are soon found by reading the first of the list instead. So is what has no
words of its own to look up: signs alone, and scripts that put no spaces between words.
"""

import re
from collections.abc import Sequence

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from chatsite.chat.models import Conversation, Message, Summary

Rows = QuerySet[Conversation]

# Messages from which on reading is quicker.
FREQUENT = 60_000
# Thai, Lao, Burmese, Khmer, and from the radicals of Chinese on.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]")
WORD = re.compile(r"[^\W_]+")

# What the migration has made; a summary is known there by the negative of its key.
FOUND = {
    "sqlite": "SELECT rowid FROM chat_said WHERE chat_said MATCH %s",
    "postgresql": "SELECT id FROM chat_said WHERE words @@ TO_TSQUERY('simple', %s)",
}
# One term's words stand beside each other, and the last may go on.
TERMS = {"sqlite": ('"{}"*', " "), "postgresql": ("({}:*)", " <-> ")}
JOINED = {"sqlite": " ", "postgresql": " & "}


def holding(rows: Rows, terms: Sequence[str]) -> Rows:
    """Those with a message or a summary that holds all these terms."""
    words = [WORD.findall(term) for term in terms]
    if not all(words) or any(map(UNSPACED.search, terms)):
        return _reading(rows, terms)
    vendor = connection.vendor
    template, between = TERMS[vendor]
    query = JOINED[vendor].join(template.format(between.join(each)) for each in words)
    if _is_frequent(query):
        return _reading(rows, terms)
    found = RawSQL(FOUND[vendor], [query])  # noqa: S611  # our own words
    messages = Message.objects.filter(id__in=found).order_by().values("conversation")
    summaries = Summary.objects.alias(said=-F("id")).filter(said__in=found).values("conversation")
    return rows.filter(Q(id__in=messages) | Q(id__in=summaries))


def _is_frequent(query: str) -> bool:
    sql = f"SELECT COUNT(*) FROM ({FOUND[connection.vendor]} LIMIT {FREQUENT}) AS f"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [query])
        return bool(cursor.fetchone()[0] == FREQUENT)


def _reading(rows: Rows, terms: Sequence[str]) -> Rows:
    holding = Q()
    for term in terms:
        holding &= Q(text__icontains=term)
    # Not EXISTS: PostgreSQL would read every message first.
    found = (
        Subquery(texts.filter(holding, conversation=OuterRef("id")).order_by().values("id")[:1])
        for texts in (Message.objects, Summary.objects)
    )
    return rows.alias(said=Coalesce(*found)).filter(said__isnull=False)
