"""By what the list of conversations is narrowed."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Substr
from django.http import HttpRequest
from django.utils import timezone

from billing.models import ConversationCost
from billing.money import nano, shown
from chatsite.chat.admin import conversation_search
from chatsite.chat.models import Conversation, Message

Rows = QuerySet[Conversation]
# Of a conversation's reference.
PREFIX = "conversation:"
# Characters of a visitor's key that tell it from others.
SHOWN = 12


def said(rows: Rows, words: str) -> Rows:
    """Those with a message or summary that holds all these words; or of this address, reference."""
    reference = words.strip().removeprefix(PREFIX)
    if reference.isdecimal() and reference != words.strip():
        return rows.filter(id=int(reference))
    try:
        return rows.filter(public_id=uuid.UUID(reference.rstrip("/").rpartition("/")[2]))
    except ValueError:
        return conversation_search.holding(rows, words.split())


class Active(SimpleListFilter):
    title = "last activity"
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("today", "Today"), ("7", "Past 7 days"), ("30", "Past 30 days")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        since = {
            "today": midnight,
            "7": timezone.now() - timedelta(days=7),
            "30": timezone.now() - timedelta(days=30),
        }
        value = self.value()
        return queryset.filter(active_at__gte=since[value]) if value in since else queryset


class Handled(SimpleListFilter):
    title = "person"
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("asked", "Asked for a person"),
            ("now", "With a person now"),
            ("wrote", "A person has written"),
            ("none", "No person involved"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        wrote = _having(role=Message.Role.STAFF)
        match self.value():
            case "asked":
                return queryset.filter(pk__in=Conversation.objects.waiting())
            case "now":
                return queryset.filter(handled_by__isnull=False)
            case "wrote":
                return queryset.filter(wrote)
            case "none":
                return queryset.filter(~wrote, handled_by__isnull=True)
        return queryset


class Cost(SimpleListFilter):
    title = "cost"
    parameter_name = "cost"
    LINES = ("0.01", "0.10", "1.00")  # dollars

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        if not request.user.has_perm("billing.view_ledgerentry"):
            return []  # then the filter is not there either
        return [(each, f"At least {shown(nano(Decimal(each)))}") for each in self.LINES]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value()
        if not value or value not in self.LINES:
            return queryset
        return queryset.filter(cost_at_least(nano(Decimal(value))))


class Visitor(SimpleListFilter):
    """Not there until a page of visitors leads to one's conversations."""

    title = "visitor"
    parameter_name = "visitor"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        # What the address says has not been taken out of it yet.
        visitor = request.GET.get(self.parameter_name)
        return [(visitor, visitor[:SHOWN])] if visitor else []

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        return queryset.filter(visitor=self.value()) if self.value() else queryset


class Failures(SimpleListFilter):
    title = "failures"
    parameter_name = "failures"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("yes", "Has a failed answer")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        failed = _having(state__in=[Message.State.FAILED, Message.State.CUT])
        return queryset.filter(failed) if self.value() == "yes" else queryset


class Ratings(SimpleListFilter):
    title = "rating"
    parameter_name = "rating"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("bad", "Has an answer rated not helpful"), ("good", "Has an answer rated helpful")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        match self.value():
            case "bad":
                return queryset.filter(_having(rating=Message.Rating.BAD))
            case "good":
                return queryset.filter(_having(rating=Message.Rating.GOOD))
        return queryset


class Tiers(SimpleListFilter):
    title = "tier"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("strong", "Has an answer by the strong model"), ("cheap", "Cheap model only")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        strong = _having(tier="strong")
        match self.value():
            case "strong":
                return queryset.filter(strong)
            case "cheap":
                return queryset.filter(_having(tier="cheap"), ~strong)
        return queryset


def cost_at_least(amount: int) -> Q:
    """Nano-dollars. Read from the most expensive on: asking each one took three times as long."""
    return _of(ConversationCost.objects.filter(amount__gte=amount))


def cost_at_most(amount: int) -> Q:
    """Nano-dollars; those that something was charged for."""
    return _of(ConversationCost.objects.filter(amount__lte=amount))


def _of(costs: QuerySet[ConversationCost]) -> Q:
    number = Cast(Substr("conversation", len(PREFIX) + 1), BigIntegerField())
    numbers = costs.filter(conversation__startswith=PREFIX).values_list(number, flat=True)
    return Q(id__in=numbers.order_by())


def _having(**message: object) -> Exists:
    """Whether the conversation has at least one such message."""
    return Exists(Message.objects.filter(conversation=OuterRef("id"), **message))
