"""By what the list of conversations is narrowed."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chatsite.chat.models import Conversation, Message

Rows = QuerySet[Conversation]


def said(rows: Rows, words: str) -> Rows:
    """Those with a message that holds all these words; or with this address, or reference."""
    reference = words.strip().removeprefix("conversation:")
    if reference.isdecimal() and reference != words.strip():
        return rows.filter(id=int(reference))
    try:
        return rows.filter(public_id=uuid.UUID(reference.rstrip("/").rpartition("/")[2]))
    except ValueError:
        messages = Message.objects.filter(conversation=OuterRef("id"))
        for word in words.split():
            messages = messages.filter(text__icontains=word)
        return rows.filter(Exists(messages))


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
            ("wrote", "A person wrote"),
            ("none", "No person"),
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
        return [("bad", "Has an answer rated not helpful"), ("good", "Has one rated helpful")]

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
        return [("strong", "Has an answer of the strong tier"), ("cheap", "Cheap tier alone")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        strong = _having(tier="strong")
        match self.value():
            case "strong":
                return queryset.filter(strong)
            case "cheap":
                return queryset.filter(_having(tier="cheap"), ~strong)
        return queryset


def _having(**message: object) -> Exists:
    """Whether the conversation has at least one such message."""
    return Exists(Message.objects.filter(conversation=OuterRef("id"), **message))
