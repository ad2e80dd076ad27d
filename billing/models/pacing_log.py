"""The log of what budgets that pace themselves did with the threshold."""

from django.conf import settings
from django.db import models

from billing.models.budgets import Budget
from billing.pacing.threshold_increase import Outcome


class PacingChange(models.Model):
    """A check of a budget with another result than the check before. Points, nano-dollars."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="adjustments")
    at = models.DateTimeField()
    outcome = models.CharField(
        max_length=8, choices={outcome.value: outcome.value for outcome in Outcome}
    )
    points_before = models.FloatField()
    points = models.FloatField(help_text="Points added to the threshold from then on.")
    reason = models.CharField(max_length=300)
    limit = models.BigIntegerField()
    spent = models.BigIntegerField()
    # Null where a person stopped it.
    expected = models.BigIntegerField(
        null=True,
        help_text="Expected spending by the end of the period, with the raised threshold.",
    )
    # Null where it is not before the end.
    hit_at = models.DateTimeField(
        null=True, help_text="When the limit would be reached with the policy's threshold."
    )
    # Null where the hourly look did it.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "pacing change"
        verbose_name_plural = "pacing log"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points_before__gte=0, points__gte=0),
                name="billing_adjusted_upwards",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget}: {self.points_before:g} to {self.points:g} points"
