"""Which tier a reply went to."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.models.policy import Policy
from routing.models.trial import Trial
from routing.tier_choice import LOWEST, Tier, flip


class RouteDecision(models.Model):
    """Which tier a reply went to, and all that it takes to decide again by another policy."""

    reference = models.CharField(
        max_length=100, help_text="Reference of the reply, such as reply:12."
    )
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(max_length=6, choices={tier.value: tier.name.lower() for tier in Tier})
    score = models.FloatField(help_text="1 to 10.")
    threshold = models.FloatField(help_text="Threshold at that time.")
    least = models.FloatField(
        default=LOWEST,
        db_default=LOWEST,
        help_text="Lowest score allowed: 8 or more if a danger is certain, otherwise 1.",
    )
    analyzer = models.CharField(
        max_length=32,
        help_text="Which analyzer gave the score, and whether it was trained on this site.",
    )
    reason = models.TextField()
    features = models.JSONField(
        help_text="What the rules measured. The score can be computed from it again."
    )
    searched = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="How the articles were found: by words, by meaning, or both.",
    )
    moved = models.JSONField(
        "what moved the score",
        default=list,
        help_text="What raised or lowered the score, in points.",
    )
    detour = models.TextField(
        blank=True, help_text="Why another model was used instead of the tier's own."
    )
    left_out = models.TextField(
        "left out of the prompt",
        blank=True,
        default="",
        db_default="",
        help_text="What did not fit into the model's context window.",
    )
    task_type = models.CharField(
        max_length=80, blank=True, help_text="Blank: no task type recognised."
    )
    # Null where no task type was recognised.
    similarity = models.FloatField(
        null=True, help_text="Similarity to the examples of the task type, 0 to 1."
    )
    recognised_by = models.CharField(max_length=300, blank=True)
    pinned = models.CharField(
        max_length=6, blank=True, help_text="The tier that the task type is fixed to."
    )
    # Null unless a trial ran; the next two, unless its version decided beside, without effect.
    trial = models.ForeignKey(
        Trial, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    shadow_tier = models.CharField(max_length=6, blank=True)
    shadow_score = models.FloatField(null=True)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-decided_at"]
        indexes = [
            models.Index(fields=["decided_at"], name="routing_decisions_by_time"),
            models.Index(
                fields=["trial"],
                condition=Q(trial__isnull=False),
                name="routing_decisions_by_trial",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="routing_one_decision_per_reply"),
            models.CheckConstraint(
                condition=Q(score__gte=1, score__lte=10), name="routing_score_in_range"
            ),
            models.CheckConstraint(
                condition=Q(tier__in=["cheap", "strong"]), name="routing_tier_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} → {self.tier}"

    @property
    def flip(self) -> str:
        """At which threshold the other tier would have answered, in words."""
        return "" if self.pinned else flip(self.tier, self.score, self.threshold)
