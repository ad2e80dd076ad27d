"""What the list of conversations says of each."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, Substr
from django.utils.text import Truncator

from billing import money
from billing.models import ConversationCost
from chatsite.chat.models import Conversation, Message

# Characters of a first question that fit on a line of the list.
SHOWN = 90
# What an overview is made of.
_SAID = (
    *("id", "handled_by_id", "wants_person_since", "revision", "summary_text", "summary_revision"),
    *("first_question", "message_count", "is_open", "newest_role", "newest_state"),
)


class ConversationStatus(TextChoices):
    """How a conversation stands, by its newest messages."""

    ANSWERED = "answered", "Answered"
    WRITING = "writing", "Being written"
    FAILED = "failed", "Failed"
    PERSON = "person", "With a person"
    WAITING = "waiting", "Waits for a person"


@dataclass(frozen=True, slots=True)
class Overview:
    first_question: str  # one line
    messages: int
    status: ConversationStatus
    amount: int  # nano-dollars on the ledger
    summary: str  # blank where it has none
    summary_is_behind: bool  # the conversation went on after it

    @property
    def cost(self) -> str:
        """Dollars, for people."""
        return money.shown(self.amount)


def of(conversations: Collection[Conversation]) -> dict[int, Overview]:
    """By the conversation's id. Two queries, however many there are."""
    references = {conversation.reference: conversation.pk for conversation in conversations}
    amounts = {
        references[reference]: amount
        for reference, amount in ConversationCost.objects.filter(
            conversation__in=references
        ).values_list("conversation", "amount")
    }
    rows = described(Conversation.objects.filter(id__in=references.values())).values(*_SAID)
    return {row["id"]: _overview(row, amounts.get(row["id"], 0)) for row in rows}


def read(conversation: Conversation, amount: int) -> Overview:
    """Of one that was `described`; no query."""
    return _overview(vars(conversation), amount)


def described(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """With what their overviews say but for the amount."""
    messages = Message.objects.filter(conversation=OuterRef("id")).order_by()
    count = messages.values("conversation").annotate(n=Count("id")).values("n")
    return conversations.annotate(
        summary_text=F("summary__text"),
        summary_revision=F("summary__revision"),
        first_question=first_question(),
        message_count=Coalesce(Subquery(count, output_field=IntegerField()), 0),
        is_open=Exists(messages.open()),
        newest_role=newest("role"),
        newest_state=newest("state"),
    )


def first_question() -> Coalesce:
    """Of a conversation; a few characters more than a line, blank where nothing was said."""
    asked = Message.objects.filter(conversation=OuterRef("id"), role=Message.Role.CUSTOMER)
    # A line of the list, even where the question begins with blank lines.
    first = asked.order_by("position").annotate(beginning=Substr("text", 1, 4 * SHOWN))
    return Coalesce(Subquery(first.values("beginning")[:1]), Value(""))


def newest(name: str) -> Coalesce:
    """What a conversation's newest message that was not cancelled has there, else blank."""
    said = Message.objects.filter(conversation=OuterRef("id")).exclude(
        state=Message.State.CANCELLED
    )
    return Coalesce(Subquery(said.order_by("-position").values(name)[:1]), Value(""))


def first_questions(ids: Iterable[int]) -> dict[int, str]:
    """One line each, of the conversations that there are; one query."""
    found = Conversation.objects.filter(id__in=list(ids)).values_list("id", first_question())
    return {number: _one_line(text) for number, text in found}


def status(
    *, handled: bool, wanted: bool, open: bool, newest_role: str, newest_state: str
) -> ConversationStatus:
    """`handled` by a person, or one `wanted`; `newest` was not cancelled, blank where none is."""
    if handled:
        waits = newest_role == Message.Role.CUSTOMER
        return ConversationStatus.WAITING if waits else ConversationStatus.PERSON
    if wanted:
        return ConversationStatus.WAITING
    if open:
        return ConversationStatus.WRITING
    if newest_state in {Message.State.FAILED, Message.State.CUT}:
        return ConversationStatus.FAILED
    return ConversationStatus.ANSWERED


def amount() -> Subquery:
    """What a conversation cost in nano-dollars, to order by; null where nothing was charged."""
    # Conversation.reference, in SQL.
    reference = Concat(Value("conversation:"), Cast(OuterRef("id"), CharField()))
    costs = ConversationCost.objects.filter(conversation=reference).order_by()
    return Subquery(costs.values("amount"))


def _one_line(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(SHOWN)


def _overview(row: Mapping[str, Any], amount: int) -> Overview:
    return Overview(
        first_question=_one_line(row["first_question"]),
        messages=row["message_count"],
        status=status(
            handled=row["handled_by_id"] is not None,
            wanted=row["wants_person_since"] is not None,
            open=row["is_open"],
            newest_role=row["newest_role"],
            newest_state=row["newest_state"],
        ),
        amount=amount,
        summary=row["summary_text"] or "",
        summary_is_behind=(row["summary_revision"] or 0) < row["revision"],
    )
