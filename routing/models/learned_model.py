"""What was learned from the site's labels, as rows."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.errors import AppendOnly


class LearnedModel(models.Model):
    """What was fitted to the site's labels. Written once; in use where a policy names it."""

    class Kind(models.TextChoices):
        ANALYZER = "analyzer", "chooses the model"
        VERIFIER = "verifier", "checks answers"

    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField(help_text="The trained model, as JSON.")
    labels = models.PositiveIntegerField(help_text="Number of labelled replies it was trained on.")
    # Measures on replies that it had not seen, by their names; they cost more to make than to keep.
    evaluation = models.JSONField(default=dict, blank=True)
    fitted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-fitted_at"]
        verbose_name = "learned model"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["analyzer", "verifier"]), name="routing_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"model {self.pk} of {self.labels} labels"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{self} is not edited: workers keep what they have read of it")
        super().save(*args, **kwargs)
