"""Scores that a model gave, kept."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing import score_display


class CachedScore(models.Model):
    """A model's score, kept for whoever asks the same. Holds no words of a customer."""

    key = models.CharField(
        max_length=64, help_text="SHA-256 of the text, the criteria and the model."
    )
    score = models.PositiveSmallIntegerField(help_text="1 to 10.")
    scored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["scored_at"], name="routing_scores_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="routing_one_score_per_key"),
            models.CheckConstraint(
                condition=Q(score__gte=1, score__lte=10), name="routing_cached_score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{score_display.score(self.score)} of 10"
