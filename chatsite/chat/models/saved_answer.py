"""Answers without a call: those saved to be given again, and which reply was given which."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing import money
from chatsite.chat.models.message import Message


class SavedAnswerQuerySet(models.QuerySet["SavedAnswer"]):
    def of(self, reply: Message) -> Self:
        """The answer of this reply, or the one that it was given."""
        return self.filter(Q(reply=reply) | Q(given__reply=reply))


class SavedAnswer(models.Model):
    """A complete answer to a first message, to be given again to whoever asks the same.

    Its words are the reply's own: deleting the conversation deletes the saved answer.
    """

    reply = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="saved_answer")
    key = models.CharField(
        max_length=64,
        unique=True,
        help_text="SHA-256 of the question, its language, and the versions of articles and policy.",
    )
    task_type = models.CharField(max_length=80)
    knowledge = models.CharField(max_length=32, help_text="Version of the articles.")
    cost = models.PositiveBigIntegerField(help_text="Cost of the original answer, in nano-dollars.")
    saved_at = models.DateTimeField(default=timezone.now)
    hits = models.PositiveIntegerField(default=0, help_text="How often it was used.")
    # Null until it was given again.
    hit_at = models.DateTimeField(null=True, blank=True)

    objects = SavedAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-hits", "-saved_at"]
        indexes = [models.Index(fields=["saved_at"], name="chat_saved_by_time")]

    def __str__(self) -> str:
        return f"Saved from reply {self.reply_id}"

    @property
    def saved(self) -> int:
        """Nano-dollars that were not spent because it was given again."""
        return self.hits * self.cost


class CannedAnswer(models.Model):
    """How a reply was answered without a call: with an approved or a saved answer."""

    class Kind(models.TextChoices):
        APPROVED = "approved", "approved answer"
        SAVED = "saved", "saved answer"
        PERSON = "person", "request for a person"

    reply = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="canned")
    kind = models.CharField(max_length=8, choices=Kind)
    task_type = models.CharField(max_length=80)
    similarity = models.FloatField(help_text="Similarity to the examples of the task type, 0 to 1.")
    recognised_by = models.CharField(max_length=300)
    # Null on an approved answer, and once the saved one is gone.
    saved_answer = models.ForeignKey(
        SavedAnswer, null=True, on_delete=models.SET_NULL, related_name="given"
    )
    saved = models.PositiveBigIntegerField(
        default=0, help_text="Cost of the original answer, in nano-dollars."
    )
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["given_at"], name="chat_canned_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["approved", "saved", "person"]),
                name="chat_canned_kind_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for reply {self.reply_id}"

    @property
    def saving(self) -> str:
        """Dollars, for people; blank where nothing was spent before."""
        return money.shown(self.saved) if self.saved else ""
