"""What is known of how good the cheap tier's answers were, and what was learned from it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chatsite.chat.models import Message
from routing.models import LearnedModel, Policy


class QualityLabel(models.Model):
    """What one source says of the cheap answer to one turn. Holds no words of a customer.

    Whatever answered in the end: a judge may compare a cheap answer that no customer saw. Gone with
    its reply.
    """

    class Source(models.TextChoices):
        JUDGED = "judged", "a judge compared the answers"
        RATING = "rating", "the customer rated it"
        RETRY = "retry", "the model broke it off, and the customer asked anew"
        HANDOFF = "handoff", "a person was asked for, or wrote, after it"
        FOLLOW_UP = "follow_up", "the customer asked the same again, or went on"
        VERDICT = "verdict", "the verifier's doubt"

    reply = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="labels")
    source = models.CharField(max_length=9, choices=Source)
    cheap = models.FloatField(
        "cheap answer", help_text="How good it was: 0, it would not do, to 1, it did."
    )
    # Null unless a strong answer to the same turn is known too.
    strong = models.FloatField("strong answer", null=True, blank=True)
    weight = models.FloatField(help_text="How far it is trusted: above 0, up to 1.")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-said_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["reply", "source"], name="quality_one_label_per_source"
            ),
            models.CheckConstraint(
                condition=Q(cheap__gte=0, cheap__lte=1)
                & (Q(strong__isnull=True) | Q(strong__gte=0, strong__lte=1)),
                name="quality_answers_from_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=1), name="quality_weight_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["said_at"], name="quality_labels_by_time"),
            models.Index(fields=["source", "said_at"], name="quality_labels_by_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source} of reply:{self.reply_id}"


class Proposal(models.Model):
    """What was learned overnight, for an operator to accept. One of a kind is open at most."""

    class State(models.TextChoices):
        OPEN = "open", "waits for you"
        ACCEPTED = "accepted", "accepted"
        REJECTED = "rejected", "rejected"
        SUPERSEDED = "superseded", "superseded by a newer one"
        NO_BETTER = "no_better", "not better than what is in force"

    learned = models.OneToOneField(LearnedModel, on_delete=models.CASCADE, related_name="proposal")
    # What was in force when it was measured: under another, the figures say nothing.
    against = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=100)
    threshold = models.FloatField(
        help_text="Its scores have another scale: from here on as many recent messages go to the "
        "strong tier as now."
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # Null until somebody decided.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    # Null unless accepted: the version that put it in force.
    policy = models.OneToOneField(Policy, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "improvement"
        verbose_name_plural = "improvements to review"
        ordering = ["-made_at"]
        permissions = [("decide_proposal", "Can accept and reject what was learned")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "rejected", "superseded", "no_better"]),
                name="quality_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", policy__isnull=False)
                | (~Q(state="accepted") & Q(policy__isnull=True)),
                name="quality_accepted_is_in_a_policy",
            ),
        ]

    def __str__(self) -> str:
        return f"Proposal {self.pk}: {self.learned}"
