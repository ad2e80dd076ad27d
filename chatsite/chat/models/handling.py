"""How long customers waited for people, and what came of it: the facts behind the figures."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from chatsite.chat.models.conversation import Conversation


class Handling(models.Model):
    """One time that people looked after a conversation, from the request or the takeover on."""

    class End(models.TextChoices):
        RESOLVED = "resolved", "resolved"
        HANDED_BACK = "handed_back", "handed back"
        CANCELLED = "cancelled", "request cancelled"
        LEFT = "left", "ended by the customer"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="handlings"
    )
    begun_at = models.DateTimeField()
    # Null unless the customer asked for a person.
    asked_at = models.DateTimeField(null=True)
    # Null until somebody takes over; `person` is who has it, or had it last.
    taken_at = models.DateTimeField(null=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Of their first message; null until there is one.
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=11, choices=End, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(ended_at__isnull=True),
                name="chat_one_open_handling",
            ),
            models.CheckConstraint(
                condition=Q(end="", ended_at__isnull=True)
                | (~Q(end="") & Q(ended_at__isnull=False)),
                name="chat_a_handling_ends_somehow",
            ),
        ]
        indexes = [models.Index(fields=["begun_at"], name="chat_handlings_by_time")]

    def __str__(self) -> str:
        return f"Handling {self.pk}"
