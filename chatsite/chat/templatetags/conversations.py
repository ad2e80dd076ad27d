"""For pages of others that name conversations by their references."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from billing.models import ConversationCost
from billing.money import shown
from chatsite.chat.admin import conversation_rows
from chatsite.chat.models import CannedAnswer

register = template.Library()


@dataclass(frozen=True, slots=True)
class Costly:
    title: str
    url: str  # blank where the conversation is deleted: its charges stay
    cost: str
    calls: int


@dataclass(frozen=True, slots=True)
class Spared:
    """Calls that were not made, because the answer was ready."""

    given_again: int  # saved answers
    approved: int
    saved: str  # dollars that the saved answers had cost


@register.simple_tag
def spared(start: datetime, end: datetime) -> Spared:
    """Of replies between these times. One query."""
    is_saved = Q(kind=CannedAnswer.Kind.SAVED)
    found = CannedAnswer.objects.filter(given_at__gte=start, given_at__lt=end).aggregate(
        given_again=Count("id", filter=is_saved),
        approved=Count("id", filter=~is_saved),
        saved=Coalesce(Sum("saved"), 0),
    )
    return Spared(found["given_again"], found["approved"], shown(found["saved"]))


@register.simple_tag
def costly(costs: Iterable[ConversationCost]) -> list[Costly]:
    """What each began with and where it is read. One query."""
    found = list(costs)
    numbers = {cost.conversation: cost.conversation.partition(":")[2] for cost in found}
    titles = conversation_rows.first_questions(int(number) for number in numbers.values() if number)
    rows = []
    for cost in found:
        number = int(numbers[cost.conversation] or 0)
        known = number in titles
        rows.append(
            Costly(
                title=titles.get(number, "") or cost.conversation,
                url=reverse("admin:chat_conversation_change", args=[number]) if known else "",
                cost=shown(cost.amount),
                calls=cost.calls,
            )
        )
    return rows
