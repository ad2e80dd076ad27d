"""The settings of summaries, and the result of the last night."""

from datetime import timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class Summarising(models.Model):
    """The one row of settings."""

    is_on = models.BooleanField(
        "summarise",
        default=True,
        help_text="If off, no new summaries are written. Existing ones stay.",
    )
    on_takeover = models.BooleanField(
        "summarise when a person takes over",
        default=True,
        db_default=True,
        help_text="If on, the cheap model writes a summary when a person takes over.",
    )
    quiet_hours = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(72)],
        help_text="A conversation has ended after this many hours without a message, 1 to 72.",
    )
    long_from = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(2), MaxValueValidator(1000)],
        help_text="Conversations with at least this many messages are summarised. Shorter ones "
        "only if the customer asked for a person or a person wrote.",
    )
    most = models.PositiveSmallIntegerField(
        "most per night",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(2000)],
        help_text="Most conversations summarised in one night, newest first.",
    )
    last_night = models.CharField(max_length=300, blank=True, editable=False)
    # Null before the first night.
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "summaries of conversations"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="summaries_one_row"),
            models.CheckConstraint(
                condition=Q(quiet_hours__gte=1, long_from__gte=2, most__gte=1),
                name="summaries_settings_in_range",
            ),
        ]

    def __str__(self) -> str:
        return "Summaries of conversations"

    @classmethod
    def current(cls) -> Self:
        """The row, made where it is missing."""
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def quiet(self) -> timedelta:
        return timedelta(hours=self.quiet_hours)
