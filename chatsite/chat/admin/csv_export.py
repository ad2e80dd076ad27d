"""The list of conversations as a spreadsheet."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from django.utils import timezone

from billing.dashboard import safe_csv
from billing.money import dollars
from chatsite.chat.admin import conversation_rows
from chatsite.chat.models import Conversation

# Three queries for each part; the first is small, so that it is soon there.
FIRST_ROWS, ROWS_AT_ONCE = 500, 5_000
HEAD = ["conversation", "address", "visitor", "started", "last activity", "state", "messages"]


def lines(ids: Sequence[int], *, costs: bool) -> Iterator[str]:
    """In this order; with what each cost in dollars, for readers who may see costs."""
    return safe_csv.lines(_rows(ids, costs))


def _rows(ids: Sequence[int], costs: bool) -> Iterator[list[object]]:
    yield [*HEAD, *(["dollars"] if costs else []), "first question"]
    parts = [0, *range(FIRST_ROWS, len(ids), ROWS_AT_ONCE), len(ids)]
    for some in (ids[start:end] for start, end in pairwise(parts)):
        found = {each.pk: each for each in Conversation.objects.filter(pk__in=some)}
        overview_of = conversation_rows.of(list(found.values()))
        for conversation in (found[pk] for pk in some if pk in found):
            overview = overview_of[conversation.pk]
            yield [
                conversation.reference,
                conversation.public_id,
                conversation.visitor,
                timezone.localtime(conversation.created_at).isoformat(timespec="seconds"),
                timezone.localtime(conversation.active_at).isoformat(timespec="seconds"),
                overview.status.label,
                overview.messages,
                *([dollars(overview.amount)] if costs else []),
                overview.first_question,
            ]
