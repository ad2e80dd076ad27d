"""Endpoints that receive events, the events, and their deliveries, each of which is a job."""

import base64
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chatsite.webhooks import addresses


class Kind(models.TextChoices):
    """The events that endpoints can receive, by their names for programs."""

    STARTED = "conversation.started", "a conversation is started"
    CUSTOMER = "message.customer", "a customer writes"
    ASSISTANT = "message.assistant", "the assistant has answered"
    STAFF = "message.staff", "a person writes"
    ASKED = "person.asked", "a customer asks for a person"
    CANCELLED = "person.cancelled", "a customer cancels the request"
    ESCALATED = "person.escalated", "nobody has answered a request for a person"
    TAKEN_OVER = "conversation.taken_over", "a person takes over"
    HANDED_BACK = "conversation.handed_back", "a person hands back to the assistant"
    RESOLVED = "conversation.resolved", "a conversation is resolved"
    REOPENED = "conversation.reopened", "a resolved conversation is opened again"
    ENDED = "conversation.ended", "a customer ends a conversation"
    RATED = "conversation.rated", "a customer rates a conversation"
    DELETED = "conversation.deleted", "a conversation is erased"
    TEST = "test", "test"


def new_secret() -> str:
    """As Standard Webhooks writes one."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Endpoint(models.Model):
    """A web address that receives events. Its secret is shown once."""

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField("address", max_length=500, help_text="Must begin with https://.")
    kinds = models.JSONField(
        "events", default=list, blank=True, help_text="If none is chosen, all events are sent."
    )
    secret = models.CharField(max_length=200, editable=False)
    is_on = models.BooleanField("on", default=True)
    # Of TEAM_WEBHOOK_URL, whose address and secret are not changed here.
    is_from_settings = models.BooleanField(default=False, editable=False)
    # Null while the last delivery arrived.
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    # In a row; and until when nothing is sent.
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    why_off = models.CharField(
        "why it was switched off", max_length=200, blank=True, editable=False
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "webhook"
        constraints = [
            models.UniqueConstraint(
                fields=["is_from_settings"],
                condition=Q(is_from_settings=True),
                name="webhooks_one_from_settings",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if problem := addresses.problem(self.url):
            raise ValidationError({"url": problem})


class Event(models.Model):
    """Something that happened, written in the transaction in which it did. Kept for a month."""

    identity = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=30, choices=Kind)
    # A reference such as conversation:1; the content goes with the conversation.
    conversation = models.CharField(max_length=40, blank=True)
    content = models.JSONField()
    happened_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["conversation"], name="webhooks_by_conversation"),
            models.Index(fields=["happened_at"], name="webhooks_by_time"),
        ]

    def __str__(self) -> str:
        return self.identity


class EventDelivery(models.Model):
    """One event on its way to one endpoint."""

    class State(models.TextChoices):
        DUE = "due", "to be sent"
        SENT = "sent", "sent"
        GIVEN_UP = "given_up", "given up"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    # Null until it was tried.
    tried_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhooks_told_once")
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="due"), name="webhooks_due")]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"
