"""Reading a conversation: what a page or a socket shows of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.text import Truncator

from chatsite.business_hours import away
from chatsite.chat.errors import Ended, NotYours
from chatsite.chat.models import Conversation, DeletedConversation, Message
from chatsite.chat.models.message import spoken

# Messages shown at once, and characters in them: a page opens in 300 ms, and a socket's frame holds
# them all.
SHOWN, MOST_CHARACTERS = 100, 40_000
# Of a visitor's conversations, and characters that a list shows of each.
MOST_LISTED, LONGEST_WORDS = 50, 100
# Of a question, for whoever is told that it waits.
LONGEST_QUESTION = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """A conversation as one statement read it: its newest messages belong to its revision.

    `earlier`: the position before which there are more; None where these are all.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    earlier: int | None = None


def seen(public_id: uuid.UUID, visitor: str, before: int | None = None) -> Seen:
    """The visitor's conversation of this address; unsaved and empty where none has begun.

    Of its messages the newest that are shown at once, or those before a position. Raises NotYours,
    Ended.
    """
    if not visitor:
        raise NotYours
    said = Message.objects.filter(conversation__public_id=public_id)
    if before is not None:
        said = said.filter(position__lt=before)
    newest = said.select_related("conversation", "author").order_by("-position")
    read = tuple(newest[: SHOWN + 1])
    messages = read[: _fitting(read)][::-1]
    if messages:
        conversation = messages[0].conversation
        if conversation.wants_person_since and not conversation.handled_by_id:
            conversation.away_until = away.until()
    else:
        if DeletedConversation.objects.filter(public_id=public_id).exists():
            raise Ended
        # A conversation is stored with its first message, so without one there is none.
        conversation = Conversation(public_id=public_id, visitor=visitor)
    if conversation.visitor != visitor:
        raise NotYours
    if conversation.ended_at:
        raise Ended
    return Seen(conversation, messages, messages[0].position if len(read) > len(messages) else None)


def _fitting(newest: Sequence[Message]) -> int:
    """How many are shown at once, however long the first of them is."""
    characters = accumulate(len(each.text) + len(each.draft) for each in newest[:SHOWN])
    return max(sum(so_far <= MOST_CHARACTERS for so_far in characters), 1)


def latest(visitor: str) -> uuid.UUID | None:
    """The conversation that a returning visitor goes on with."""
    held = Conversation.objects.held_by(visitor) if visitor else Conversation.objects.none()
    return (
        held.filter(ended_at=None)
        .order_by("-active_at")
        .values_list("public_id", flat=True)
        .first()
    )


@dataclass(frozen=True, slots=True)
class Earlier:
    """One of a visitor's conversations, as a list names it."""

    public_id: uuid.UUID
    active_at: datetime
    first_words: str


def conversations(visitor: str) -> list[Earlier]:
    """All that the visitor may go on with, the newest first."""
    first = Message.objects.filter(conversation=OuterRef("pk"), role=Message.Role.CUSTOMER)
    held = Conversation.objects.held_by(visitor) if visitor else Conversation.objects.none()
    rows = (
        held.filter(ended_at=None)
        .annotate(
            said=Subquery(first.order_by("position").values("text")[:1]),
            files=Subquery(first.order_by("position").values("files")[:1]),
        )
        .order_by("-active_at")
        .values_list("public_id", "active_at", "said", "files")[:MOST_LISTED]
    )
    return [
        Earlier(public_id, active_at, _line(spoken(said, files), LONGEST_WORDS))
        for public_id, active_at, said, files in rows
    ]


def revisions(public_ids: list[str]) -> dict[str, int]:
    """How far each of these conversations (hex ids) has come."""
    rows = Conversation.objects.filter(public_id__in=public_ids)
    return {
        public_id.hex: revision for public_id, revision in rows.values_list("public_id", "revision")
    }


def places() -> dict[str, int]:
    """Of the conversations that wait for a person (hex ids), from 1 on; asleep ones have none."""
    waiting = Conversation.objects.waiting().filter(
        Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=timezone.now()),
        resolved_at__isnull=True,
        ended_at__isnull=True,
    )
    ids = waiting.order_by("wants_person_since", "id").values_list("public_id", flat=True)
    return {public_id.hex: place for place, public_id in enumerate(ids, start=1)}


def newest_question(conversation: Conversation) -> str:
    """The customer's newest words, on one line, as far as whoever is told has to read them."""
    said = conversation.messages.filter(role=Message.Role.CUSTOMER).order_by("-position")
    newest = said.only("text", "files").first()
    return _line(newest.words, LONGEST_QUESTION) if newest else ""


def _line(words: str, most: int) -> str:
    return Truncator(" ".join(words.split())).chars(most)
