"""Batches of calls that nobody is waiting for, at half the price. A batch's row is the job."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.models import LedgerEntry


class BatchQuerySet(models.QuerySet["Batch"]):
    def open(self) -> Self:
        """Those that are not over."""
        return self.filter(state__in=Batch.OPEN)


class Batch(models.Model):
    """Calls that are sent together. All progress is stored here, for after a restart."""

    class State(models.TextChoices):
        NEW = "new"
        UPLOADED = "uploaded"
        RUNNING = "running"
        COLLECTING = "collecting"
        DONE = "done"
        FAILED = "failed"

    OPEN = (State.NEW, State.UPLOADED, State.RUNNING, State.COLLECTING)

    purpose = models.CharField(max_length=20, choices=LedgerEntry.Purpose)
    model = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    file = models.CharField(max_length=100, blank=True, help_text="The provider's id of the file.")
    provider_id = models.CharField("batch", max_length=100, blank=True)
    result_files = models.JSONField(default=list, blank=True)
    outcome = models.CharField(
        max_length=200, blank=True, help_text="Outcome as the provider names it."
    )
    turn = models.PositiveIntegerField(
        default=0, help_text="Number of the newest claim. Only that one may write."
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="Failed tries in a row.")
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    # Null until over.
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["new", "uploaded", "running", "collecting"]),
                name="offline_open_batches",
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} ({self.purpose})"


class Item(models.Model):
    """One call of a batch, and what came of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ANSWERED = "answered"
        USED = "used"
        FAILED = "failed"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    reference = models.CharField(
        max_length=64, unique=True, help_text="Name of the call in the ledger and for the provider."
    )
    subject = models.CharField(
        max_length=100, help_text="What the call is about, such as reply:12."
    )
    version = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Version of what the call is based on, such as the judge's rubric. 0: none.",
    )
    # Holds customers' words: kept only until it is sent.
    request = models.JSONField(default=dict, blank=True)
    prompt_tokens = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Input tokens counted here. Used if the provider reports none.",
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    text = models.TextField("answer", blank=True)
    failure = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(failure=""),
                name="offline_a_failure_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch"],
                condition=Q(state="answered"),
                name="offline_answers_to_use",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
