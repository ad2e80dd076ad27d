"""Conversations: who holds one, who handles it, and what a page has seen of it."""

import uuid
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now

from billing import clock
from chatsite.chat.errors import NotYours

# What a customer's next message ends.
PUT_ASIDE = ("resolved_at", "snoozed_until", "handed_back_at")


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def held_by(self, visitor: str) -> Self:
        """The only door for customers: what this visitor key opens, nothing else."""
        return self.filter(visitor=visitor)

    def locked(self, public_id: uuid.UUID, visitor: str) -> "Conversation":
        """This visitor's, for what they do in it: until the transaction ends. Raises NotYours."""
        found = self.held_by(visitor).filter(public_id=public_id).select_for_update().first()
        if found is None:
            raise NotYours
        return found

    def waiting(self) -> Self:
        """Those whose customer has asked for a person, and nobody has come yet."""
        return self.filter(wants_person_since__isnull=False, handled_by__isnull=True)


class Conversation(models.Model):
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visitor = models.CharField(
        max_length=64, editable=False, help_text="Hash of the key in the visitor's cookie."
    )
    address = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Keyed hash of the network address from which it was started.",
    )
    # Counts committed changes. A page that has seen this number needs nothing more; it also
    # hands out the positions of new messages.
    revision = models.PositiveIntegerField(default=0, editable=False)
    # Not null once a person has taken over: the assistant then stays silent.
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    # Null unless the customer has asked for a person; the assistant goes on until one takes over.
    wants_person_since = models.DateTimeField(null=True, blank=True, editable=False)
    # What staff have decided; null otherwise, and again once the customer writes.
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    snoozed_until = models.DateTimeField(null=True, blank=True, editable=False)
    handed_back_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Null unless the customer has ended it: then staff alone read it.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What the customer thinks of all of it: 1 is good, -1 bad; null unless they have said so.
    satisfaction = models.SmallIntegerField(null=True, blank=True, editable=False)
    satisfaction_note = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False
    )
    satisfaction_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Where answers of people are sent too, as the customer agreed to at that moment.
    email = models.EmailField(blank=True, default="", db_default="", editable=False)
    email_language = models.CharField(
        max_length=10, blank=True, default="", db_default="", editable=False
    )
    email_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    active_at = models.DateTimeField(auto_now=True)

    # No column: when the team is back, where the customer waits for it and it is away.
    away_until = ""

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-active_at"]
        permissions = [("take_over", "Can take conversations over, write in them and hand back")]
        constraints = [
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True, satisfaction_at__isnull=True)
                | Q(satisfaction__in=[-1, 1], satisfaction_at__isnull=False),
                name="chat_satisfaction_is_good_or_bad",
            )
        ]
        indexes = [
            models.Index(
                fields=["satisfaction_at"],
                condition=Q(satisfaction_at__isnull=False),
                name="chat_rated_conversations",
            ),
            models.Index(fields=["visitor", "-active_at"], name="chat_by_visitor"),
            models.Index(fields=["-active_at", "-id"], name="chat_by_activity"),
            models.Index(
                fields=["wants_person_since"],
                condition=Q(wants_person_since__isnull=False, handled_by__isnull=True),
                name="chat_waits_for_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"

    @property
    def reference(self) -> str:
        """How ledgers and decisions name this conversation."""
        return f"conversation:{self.pk}"

    def reopen(self) -> bool:
        """The customer writes: what staff had put aside counts no more. Returns whether it did.

        The caller holds the row's lock.
        """
        put_aside = {name: None for name in PUT_ASIDE if getattr(self, name) is not None}
        for name in put_aside:
            setattr(self, name, None)
        if put_aside:
            type(self).objects.filter(id=self.pk).update(**put_aside)
        return bool(put_aside)

    def advance(self, positions: int = 0) -> int:
        """Count one change and hand out positions; the caller holds the row's lock.

        Returns the first of the positions.
        """
        first = self.revision + 1
        self.revision += max(positions, 1)
        self.active_at = clock.now()
        with connection.cursor() as cursor:
            # By hand, for the reason that `statements` gives.
            cursor.execute(
                "UPDATE chat_conversation SET revision = %s, active_at = %s WHERE id = %s",
                [
                    self.revision,
                    connection.ops.adapt_datetimefield_value(self.active_at),
                    self.pk,
                ],
            )
        return first


class DeletedConversation(models.Model):
    """An address that stays taken: a tab that is still open would begin a conversation under it."""

    public_id = models.UUIDField(primary_key=True)
    deleted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.public_id)
