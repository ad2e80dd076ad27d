"""What was held of an answer before it reached its reader."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.checks.verifier import FINDINGS
from routing.choice import MOST_REASONS


class AnswerCheckQuerySet(models.QuerySet["AnswerCheck"]):
    def doubted(self) -> Self:
        """Of answers that the strong tier was to write again, whatever came of it."""
        return self.exclude(outcome=AnswerCheck.Outcome.TRUSTED)


class AnswerCheck(models.Model):
    """What the verifier held of a reply's cheap answer, and what came of it."""

    class Outcome(models.TextChoices):
        TRUSTED = "trusted", "the doubt is below the threshold: it stands"
        ESCALATED = "escalated", "the strong tier writes it again"
        REPLACED = "replaced", "the strong tier's answer replaced it"
        NO_ROOM = "no_room", "it stands: no budget had room for the strong tier"
        NO_TIME = "no_time", "it stands: there was no time left for the strong tier"
        FAILED = "failed", "it stands: the strong tier failed"
        STOPPED = "stopped", "a person took over before the strong tier had answered"

    reference = models.CharField(max_length=100, help_text="Whose reply: reply:12.")
    call = models.CharField(max_length=100, help_text="What wrote the answer: reply:12:1.")
    doubt = models.FloatField(help_text="0 to 1, that the cheap answer will do: 0, it will.")
    threshold = models.FloatField(help_text="Doubt from which it was to be written again.")
    verifier = models.CharField(max_length=32, help_text="What gave the doubt, and its stage.")
    findings = models.JSONField(help_text="What moved the doubt, with points of ten.")
    features = models.JSONField(help_text="What the verifier measured; weighed again, the same.")
    outcome = models.CharField(max_length=9, choices=Outcome)
    checked_at = models.DateTimeField(default=timezone.now)

    objects = AnswerCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-checked_at"]
        indexes = [
            models.Index(fields=["checked_at"], name="routing_checks_by_time"),
            models.Index(fields=["outcome", "checked_at"], name="routing_checks_by_outcome"),
            models.Index(fields=["doubt"], name="routing_checks_by_doubt"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="routing_one_check_per_reply"),
            models.CheckConstraint(
                condition=Q(doubt__gte=0, doubt__lte=1), name="routing_doubt_in_range"
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "trusted",
                        "escalated",
                        "replaced",
                        "no_room",
                        "no_time",
                        "failed",
                        "stopped",
                    ]
                ),
                name="routing_outcome_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call}: doubt {self.doubt:.2f}"

    @property
    def reason(self) -> str:
        """A sentence for the receipt."""
        reaches = self.outcome != self.Outcome.TRUSTED
        verdict = f"Doubt {self.doubt:.2f} {'reaches' if reaches else 'is below'} "
        verdict += f"{self.threshold:.2f}"
        raised = [
            FINDINGS[name]
            for name, points in self.findings
            if points > 0 and self.features.get(name) and name in FINDINGS
        ][:MOST_REASONS]
        return f"{verdict}: {'; '.join(raised) or 'nothing found'}."
