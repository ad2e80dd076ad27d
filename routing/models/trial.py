"""A second version of the policy, beside the one in force."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.models.policy import Policy


class TrialQuerySet(models.QuerySet["Trial"]):
    def running(self) -> Self:
        """The trial that runs: one row at most."""
        return self.filter(state=Trial.State.RUNNING)


class Trial(models.Model):
    """A second version of the policy that runs beside the one in force. `trials` has its verbs."""

    class Kind(models.TextChoices):
        SHADOW = "shadow", "silent test: decides for every message, without effect"
        AB = "ab", "A/B test: answers a share of the conversations"

    class State(models.TextChoices):
        RUNNING = "running"
        STOPPED = "stopped"
        ADOPTED = "adopted", "its version was adopted"
        OVERTAKEN = "overtaken", "another version came into force"

    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="+", help_text="The version being tested."
    )
    control = models.ForeignKey(
        Policy,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version in force at the start.",
    )
    share = models.PositiveSmallIntegerField(help_text="Percent of conversations in the trial.")
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Null while it runs.
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="routing_one_trial_at_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="shadow", share=100) | Q(kind="ab", share__gte=1, share__lte=99),
                name="routing_a_trial_has_a_share",
            ),
            models.CheckConstraint(
                condition=~Q(policy=models.F("control")), name="routing_a_trial_tries_another"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="routing_a_trial_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Trial {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING
