"""What is known of how good the cheap tier's answers were, and what was learned from it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chatsite.chat.models import Message
from routing import score_display
from routing.models import LearnedModel, Policy


class QualityLabel(models.Model):
    """What one source says of the cheap answer to one turn. Holds no words of a customer.

    Whatever answered in the end: a judge may compare a cheap answer that no customer saw. Gone with
    its reply.
    """

    class Source(models.TextChoices):
        JUDGED = "judged", "graded by a model"
        RATING = "rating", "rated by the customer"
        RETRY = "retry", "broke off, and the customer asked again"
        HANDOFF = "handoff", "the customer asked for a person, or a person wrote"
        FOLLOW_UP = "follow_up", "the customer asked the same again, or moved on"
        VERDICT = "verdict", "the answer check"

    reply = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="labels")
    source = models.CharField(max_length=9, choices=Source)
    cheap = models.FloatField(
        "cheap answer", help_text="How good the answer was, from 0 (not good enough) to 1 (good)."
    )
    # Null unless a strong answer to the same turn is known too.
    strong = models.FloatField("strong answer", null=True, blank=True)
    weight = models.FloatField(help_text="How much the label counts, up to 1.")
    # Null unless judged, and on what was judged before rubrics had versions.
    rubric = models.PositiveIntegerField(
        "rubric version", null=True, blank=True, help_text="Version of the judge's rubric."
    )
    # Null unless a judge has said it.
    confidence = models.FloatField(
        "judge's confidence", null=True, blank=True, help_text="How sure the judge was, up to 1."
    )
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


class Rubric(models.Model):
    """One version of what a judge grades by. Its text never changes; the same text is one version.

    The shipped text is a version too, stored when it is first judged by.
    """

    LONGEST = 8000

    version = models.PositiveIntegerField(unique=True)
    text = models.TextField(
        "criteria",
        max_length=LONGEST,
        help_text="What the judge is told: when an answer gets 1.0, and when less.",
    )
    reason = models.CharField(max_length=200, help_text="Why it was changed.")
    is_shipped = models.BooleanField(default=False)
    is_current = models.BooleanField("in force", default=False)
    # Null: shipped with the product.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Who last put it in force, and when; null while nobody has chosen it.
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    chosen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "rubric version"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=Q(is_current=True),
                name="quality_one_rubric_in_force",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="quality_a_rubric_has_a_text"),
        ]

    def __str__(self) -> str:
        return f"Version {self.version} of the rubric"


class JudgeTrust(models.Model):
    """How far the judge agreed with staff when they last graded answers by a version of the rubric,
    whose number is the id.
    """

    # Cohen's kappa from which two graders agree moderately (Landis and Koch, 1977), and pairs of
    # grades below which it is not known.
    LEAST, FEWEST = 0.4, 20

    kappa = models.FloatField(
        help_text="Agreement of the judge with staff: 0 is chance, 1 is full agreement."
    )
    pairs = models.PositiveIntegerField(help_text="Answers that both have graded.")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"kappa {score_display.probability(self.kappa)} on {self.pairs} answers"

    @property
    def is_enough(self) -> bool:
        """Whether the judge's labels count; they do until enough is known of them."""
        return self.pairs < self.FEWEST or self.kappa >= self.LEAST


class Proposal(models.Model):
    """What was learned overnight, for an operator to accept. One of a kind is open at most."""

    class State(models.TextChoices):
        OPEN = "open", "to be reviewed"
        ACCEPTED = "accepted", "accepted"
        REJECTED = "rejected", "rejected"
        SUPERSEDED = "superseded", "replaced by a newer one"
        NO_BETTER = "no_better", "not better than the model in use"

    learned = models.OneToOneField(LearnedModel, on_delete=models.CASCADE, related_name="proposal")
    # What was in force when it was measured: under another, the figures say nothing.
    against = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=100)
    threshold = models.FloatField(
        help_text="New threshold. The trained model has its own scale; with this threshold, as "
        "many messages go to the strong model as now."
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
        permissions = [("decide_proposal", "Can accept and reject improvements")]
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


class NightlyResult(models.Model):
    """A page's figures over many answers, computed at night. Holds no words of a customer."""

    name = models.CharField(max_length=20, unique=True)
    found = models.JSONField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}, worked out at {self.at:%Y-%m-%d %H:%M}"
