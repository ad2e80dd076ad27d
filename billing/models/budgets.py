"""Budgets, and their use in each period."""

import itertools
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from billing import ladder
from billing.ladder import Curve, Ladder

# The threshold itself goes from 1 to 11.
MOST_POINTS = 10
STEPS = ("economise_from", "cheap_only_from", "approved_from", "later_from")


def _step(percent: int, help_text: str) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=percent,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=f"{help_text} Blank: never.",
    )


class Budget(models.Model):
    """A limit on what calls cost: for each site, conversation, ... and each period, one window."""

    class Scope(models.TextChoices):
        SITE = "site"
        CONVERSATION = "conversation"
        VISITOR = "visitor"
        ADDRESS = "address", "network address"
        TIER = "tier"
        MODEL = "model"

    class Period(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        MONTH = "month"
        TOTAL = "total"

    name = models.CharField(max_length=100, unique=True)
    scope = models.CharField(max_length=12, choices=Scope)
    key = models.CharField(
        max_length=100,
        blank=True,
        help_text="Which conversation, visitor, address, tier or model; blank: each one has the "
        "limit.",
    )
    period = models.CharField(
        max_length=5, choices=Period, help_text="In the site's time zone; total never starts anew."
    )
    limit = models.BigIntegerField(validators=[MinValueValidator(0)], help_text="Nano-dollars.")
    active = models.BooleanField(default=True)
    warning_lines = models.CharField(
        max_length=40,
        default="80, 95",
        blank=True,
        help_text="Percent spent at which people are told, such as 80, 95. Blank: never.",
    )
    # The ladder: null where a step is left out.
    economise_from = _step(80, "From this percent on, fewer messages go to the strong tier.")
    economise_by = models.FloatField(
        default=3,
        validators=[MinValueValidator(0), MaxValueValidator(MOST_POINTS)],
        help_text="Points by which the routing threshold has risen when all is spent, 0 to 10.",
    )
    economise_curve = models.CharField(
        max_length=6,
        choices={
            Curve.STEADY.value: "steadily",
            Curve.LATE.value: "slowly first, most of it at the end",
            Curve.EARLY.value: "most of it at once",
        },
        default=Curve.STEADY.value,
        help_text="How it rises from there to 100 percent.",
    )
    cheap_only_from = _step(95, "From this percent on, the cheap tier answers everything.")
    approved_from = _step(
        98,
        "From this percent on, a question that certainly is of a task type with an approved answer "
        "is given that.",
    )
    later_from = _step(
        100,
        "From this percent on, no model is asked: customers get approved answers, or are told that "
        "a person will answer or to come back later. Without room for a call it is so in any case.",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(limit__gte=0), name="billing_no_negative_limit"),
            models.CheckConstraint(
                condition=~Q(scope="site") | Q(key=""),
                name="billing_the_site_has_no_key",
                violation_error_message="The site is one: leave the key blank.",
            ),
            models.CheckConstraint(
                condition=Q(*(Q(**{f"{step}__range": (1, 100)}) for step in STEPS)),
                name="billing_steps_in_percent",
                violation_error_message="A step begins at 1 to 100 percent.",
            ),
            models.CheckConstraint(
                # A step that is left out is null, and a comparison with it passes.
                condition=Q(
                    *(
                        Q(**{f"{later}__gte": F(step)})
                        for step, later in itertools.combinations(STEPS, 2)
                    )
                ),
                name="billing_steps_in_order",
                violation_error_message="A step cannot begin before the one above it.",
            ),
            models.CheckConstraint(
                condition=Q(economise_by__gte=0, economise_by__lte=MOST_POINTS),
                name="billing_rise_in_points",
            ),
            models.CheckConstraint(
                condition=Q(economise_curve__in=[curve.value for curve in Curve]),
                name="billing_curve_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError."""
        try:
            self.warning_lines = ", ".join(map(str, ladder.lines(self.warning_lines)))
        except ValueError as error:
            raise ValidationError({"warning_lines": str(error)}) from error

    @property
    def lines(self) -> list[int]:
        """The warning lines in percent, the lowest first."""
        return ladder.lines(self.warning_lines)

    @property
    def ladder(self) -> Ladder:
        return Ladder(
            economise_from=self.economise_from,
            economise_by=self.economise_by,
            curve=Curve(self.economise_curve),
            cheap_only_from=self.cheap_only_from,
            approved_from=self.approved_from,
            later_from=self.later_from,
        )


class BudgetWindow(models.Model):
    """A budget's use by one key in one period, in nano-dollars. Carries the constraint."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="windows")
    key = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    limit = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0, help_text="Held for calls in flight.")
    overrun = models.BigIntegerField(
        default=0, help_text="What calls cost above the most that was held for them."
    )

    class Meta:
        ordering = ["-starts_at", "budget", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "starts_at", "key"], name="billing_one_window_at_once"
            ),
            models.CheckConstraint(
                condition=Q(spent__lte=F("limit") + F("overrun") - F("reserved")),
                name="billing_spent_and_reserved_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(limit__gte=0, spent__gte=0, reserved__gte=0, overrun__gte=0),
                name="billing_no_negative_window",
            ),
        ]

    def __str__(self) -> str:
        name = f"{self.budget} {self.key}".strip()
        return f"{name} from {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def left(self) -> int:
        """Nano-dollars that new calls may still reserve."""
        return max(0, self.limit - self.spent - self.reserved)
