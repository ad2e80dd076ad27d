"""The provider's models: which it lists, how long it will have them, and which fail."""

from datetime import datetime

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone


class ProviderModel(models.Model):
    """One model by its name. `listing` and `health` write it, and operators its last day."""

    name = models.CharField(
        max_length=100,
        unique=True,
        validators=[
            RegexValidator(r"^\S+\Z", "Enter the name as the provider lists it, without spaces.")
        ],
    )
    # Null where no end is known.
    shuts_down_on = models.DateField(
        null=True,
        blank=True,
        help_text="Last day, as announced by the provider. Blank: not announced.",
    )
    # Null where nobody has said.
    context = models.PositiveIntegerField(
        "context (tokens)",
        null=True,
        blank=True,
        help_text="Most tokens of a prompt and its answer together. Longer prompts are shortened.",
    )
    # Null where nobody has said: then what is known of the provider's own models holds.
    image_tokens = models.PositiveIntegerField(
        "tokens of an image",
        null=True,
        blank=True,
        help_text="Most tokens that one image takes up in a prompt. 0: the model accepts no "
        "images and is told in words. Blank: the known number for the provider's own "
        "models, 0 for others.",
    )
    adjustments = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Request fields that the model refused and that are no longer sent, and how it "
        "reasons.",
    )
    # Null where no list has named it.
    listed_at = models.DateTimeField(
        null=True, editable=False, help_text="When the provider's list last had the model."
    )
    # Null while the newest list names it, and before any list was read.
    missing_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Since when the provider's list does not have the model.",
    )
    # Null unless the provider told a call that there is no such model.
    refused_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Not used until then, because the provider did not know the model.",
    )
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="Failed calls since the last success."
    )
    # Null where the last call succeeded.
    failing_since = models.DateTimeField(null=True, editable=False)
    # Null unless calls kept failing. In the past: the next call is a probe.
    paused_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "model"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(failures=0, failing_since__isnull=True)
                | models.Q(failures__gt=0, failing_since__isnull=False),
                name="provider_failures_have_begun",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_gone(self, now: datetime) -> bool:
        """Whether the provider has no such model, as its list or a call says."""
        return self.missing_since is not None or self.is_refused(now)

    def is_refused(self, now: datetime) -> bool:
        return self.refused_until is not None and self.refused_until > now

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now


class Reading(models.Model):
    """One attempt to read the provider's list of models."""

    read_at = models.DateTimeField(default=timezone.now)
    listed = models.PositiveIntegerField(default=0, help_text="Number of models on the list.")
    problem = models.CharField(max_length=200, blank=True, help_text="Why the list was ignored.")

    class Meta:
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return self.problem or f"{self.listed} models"
