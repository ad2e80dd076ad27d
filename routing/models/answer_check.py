"""What was held of an answer before it reached its reader."""

from collections.abc import Mapping, Sequence
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.checks.verifier import FINDINGS, NOT_CHECKED
from routing.choice import MOST_REASONS


class AnswerCheckQuerySet(models.QuerySet["AnswerCheck"]):
    def doubted(self) -> Self:
        """Of answers that were not trusted, whatever came of it."""
        return self.exclude(outcome=AnswerCheck.Outcome.TRUSTED)

    def of_cheap(self) -> Self:
        """Of the cheap tier's answers: what a site's labels are about."""
        return self.filter(tier="cheap")


class AnswerCheck(models.Model):
    """What the check held of a reply's answer, and what came of it."""

    class Outcome(models.TextChoices):
        TRUSTED = "trusted", "the doubt is below the threshold: it stands"
        ESCALATED = "escalated", "the strong tier writes it again"
        REPLACED = "replaced", "the strong tier's answer replaced it"
        NO_ROOM = "no_room", "it stands: no budget had room for the strong tier"
        NO_TIME = "no_time", "it stands: there was no time left for the strong tier"
        FAILED = "failed", "it stands: the strong tier failed"
        STOPPED = "stopped", "a person took over before the strong tier had answered"
        QUOTED = "quoted", "still doubted: the customer reads what the articles say"
        SHOWN = "shown", "still doubted, and shown: the policy says so"

    reference = models.CharField(max_length=100, help_text="Whose reply: reply:12.")
    call = models.CharField(max_length=100, help_text="What wrote the answer: reply:12:1.")
    doubt = models.FloatField(help_text="0 to 1, that the cheap answer will do: 0, it will.")
    threshold = models.FloatField(help_text="Doubt from which it was to be written again.")
    verifier = models.CharField(max_length=32, help_text="What gave the doubt, and its stage.")
    findings = models.JSONField(help_text="What moved the doubt, with points of ten.")
    features = models.JSONField(help_text="What the verifier measured; weighed again, the same.")
    outcome = models.CharField(max_length=9, choices=Outcome)
    tier = models.CharField(
        max_length=6, default="cheap", db_default="cheap", help_text="Whose answer it was."
    )
    # Null unless the strong tier wrote again what was doubted.
    second_doubt = models.FloatField(null=True, help_text="Of the strong tier's answer.")
    second_findings = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField())
    )
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
                        "quoted",
                        "shown",
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
        if self.verifier == NOT_CHECKED and not self.findings:
            return "Not checked: no article was found."
        found = self._reason(self.doubt, self.findings, self.features)
        if self.second_doubt is None:
            return found
        second = self._reason(self.second_doubt, self.second_findings)
        return f"{found} The strong tier's answer: {second}"

    def _reason(
        self,
        doubt: float,
        findings: Sequence[tuple[str, float]],
        features: Mapping[str, float] | None = None,
    ) -> str:
        reaches = "reaches" if doubt >= self.threshold else "is below"
        raised = [
            FINDINGS[name]
            for name, points in findings
            if points > 0 and name in FINDINGS and (features is None or features.get(name))
        ][:MOST_REASONS]
        words = "; ".join(raised) or "nothing found"
        return f"Doubt {doubt:.2f} {reaches} {self.threshold:.2f}: {words}."
