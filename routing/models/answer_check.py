"""The answer check's result, stored before the answer counts."""

from collections.abc import Mapping, Sequence
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing import score_display
from routing.checks.verifier import FINDINGS, NOT_CHECKED
from routing.tier_choice import MOST_REASONS


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
        TRUSTED = "trusted", "passed"
        ESCALATED = "escalated", "the strong model is writing it again"
        REPLACED = "replaced", "replaced by the strong model's answer"
        NO_ROOM = "no_room", "not replaced: no budget left for the strong model"
        NO_TIME = "no_time", "not replaced: no time left for the strong model"
        FAILED = "failed", "not replaced: the strong model failed"
        STOPPED = "stopped", "a person took over before the strong model answered"
        QUOTED = "quoted", "still in doubt: the customer was shown what the articles say"
        SHOWN = "shown", "still in doubt: shown anyway, as the policy says"

    reference = models.CharField(
        max_length=100, help_text="Reference of the reply, such as reply:12."
    )
    call = models.CharField(
        max_length=100, help_text="Reference of the call that wrote the answer, such as reply:12:1."
    )
    doubt = models.FloatField(help_text="How likely the answer is wrong, 0 to 1.")
    threshold = models.FloatField(help_text="Limit of doubt at that time.")
    verifier = models.CharField(
        max_length=32, help_text="Which check was used, and whether it was trained on this site."
    )
    findings = models.JSONField(help_text="What raised or lowered the doubt, in points of ten.")
    features = models.JSONField(
        help_text="What the check measured. The doubt can be computed from it again."
    )
    outcome = models.CharField(max_length=9, choices=Outcome)
    tier = models.CharField(
        max_length=6, default="cheap", db_default="cheap", help_text="Tier that wrote the answer."
    )
    # Null unless the strong tier wrote again what was doubted.
    second_doubt = models.FloatField(null=True, help_text="Doubt of the strong model's answer.")
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
            models.Index(
                fields=["checked_at"],
                condition=models.Q(doubt__gte=models.F("threshold")),
                name="routing_doubted_by_time",
            ),
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
        return f"{self.call}: doubt {score_display.probability(self.doubt)}"

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
        doubted = score_display.probability(doubt, beside=self.threshold)
        needed = score_display.probability(self.threshold)
        return f"Doubt {doubted} {reaches} {needed}: {words}."
