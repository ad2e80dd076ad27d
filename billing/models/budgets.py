"""Budgets, and their use in each period."""

import itertools
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from billing.budgets import cost_saving_steps
from billing.budgets.cost_saving_steps import Curve, Ladder
from billing.budgets.periods import Period

# The threshold itself goes from 1 to 11.
LEAST_POINTS, MOST_POINTS = 0.1, 10
# Conversations and visitors have no pace, and a tier's is not the threshold's alone.
PACED_PERIODS = (Period.DAY, Period.MONTH)
STEPS = ("economise_from", "cheap_only_from", "approved_from", "later_from")


def _step(name: str, percent: int, help_text: str) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(
        name,
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
        ADDRESS = "address", "network"
        TIER = "tier"
        MODEL = "model"

    # Of one conversation, visitor or network alone; there are many.
    OF_ONE = frozenset({Scope.CONVERSATION, Scope.VISITOR, Scope.ADDRESS})
    # They can do no more than spare that tier or model: others may still answer.
    OF_PART = frozenset({Scope.TIER, Scope.MODEL})

    name = models.CharField(max_length=100, unique=True)
    scope = models.CharField(max_length=12, choices=Scope)
    key = models.CharField(
        max_length=100,
        blank=True,
        help_text="One conversation, visitor, network, tier or model. Blank: the limit applies to "
        "each of them separately.",
    )
    period = models.CharField(
        max_length=5,
        choices={period.value: period.value.capitalize() for period in Period},
        help_text="In the site's time zone. A total never starts over.",
    )
    limit = models.BigIntegerField(validators=[MinValueValidator(0)], help_text="Nano-dollars.")
    active = models.BooleanField(default=True)
    reserve = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(90)],
        help_text="Percent of the limit that is kept for cheap answers to first questions and to "
        "conversations in progress. So one busy network cannot use up the budget for "
        "everybody.",
    )
    warning_lines = models.CharField(
        max_length=40,
        default="80, 95, 100",
        blank=True,
        help_text="An alert is sent when this percentage is spent, such as 80, 95, 100. Blank: "
        "no alerts.",
    )
    # The ladder: null where a step is left out.
    economise_from = _step(
        "raise the threshold at (%)",
        80,
        "From here on, fewer messages go to the strong model.",
    )
    economise_by = models.FloatField(
        "by up to (points)",
        default=3,
        validators=[MinValueValidator(0), MaxValueValidator(MOST_POINTS)],
        help_text="How many points the threshold has risen when the budget is used up, 0 to 10.",
    )
    economise_curve = models.CharField(
        "rising",
        max_length=6,
        choices={
            Curve.STEADY.value: "steadily",
            Curve.LATE.value: "slowly at first, then faster",
            Curve.EARLY.value: "quickly at first, then slower",
        },
        default=Curve.STEADY.value,
        help_text="How the threshold rises between that point and 100 %.",
    )
    cheap_only_from = _step(
        "cheap model only at (%)", 95, "From here on, the cheap model answers everything."
    )
    approved_from = _step(
        "approved answers first at (%)",
        98,
        "From here on, a question that clearly belongs to a task type with an approved answer gets "
        "that answer, without a model.",
    )
    later_from = _step(
        "stop AI answers at (%)",
        100,
        "From here on, no model is asked. Customers get an approved answer, or read that a "
        "person will answer, or that they should come back later. The same happens when what is "
        "left of the budget is too little for an answer.",
    )
    paces_itself = models.BooleanField(
        "spread over the period",
        default=False,
        help_text="Every hour, raise or lower the routing threshold so that the budget lasts to "
        "the end of the day or month. Only for budgets of the whole site.",
    )
    pace_at_most = models.FloatField(
        "raise the threshold by at most",
        default=2,
        validators=[MinValueValidator(LEAST_POINTS), MaxValueValidator(MOST_POINTS)],
        help_text="Points added to the policy's threshold, 0.1 to 10. Pacing never lowers the "
        "threshold below the policy's.",
    )
    # In force in the window in which it was found; the next begins without.
    paced_points = models.FloatField(default=0, editable=False)
    # Null until it is looked at, and again once it no longer paces itself.
    paced_at = models.DateTimeField(null=True, editable=False)
    # As it was found to with these points: the ladder then has nothing to spare.
    paced_to_last = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(limit__gte=0), name="billing_no_negative_limit"),
            models.CheckConstraint(
                condition=Q(reserve__gte=0, reserve__lte=90), name="billing_reserve_in_percent"
            ),
            models.CheckConstraint(
                condition=~Q(scope="site") | Q(key=""),
                name="billing_the_site_has_no_key",
                violation_error_message="There is only one site: leave the key blank.",
            ),
            models.CheckConstraint(
                condition=Q(*(Q(**{f"{step}__range": (1, 100)}) for step in STEPS)),
                name="billing_steps_in_percent",
                violation_error_message="Enter 1 to 100 percent for each step.",
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
                violation_error_message="A step cannot start before the step above it.",
            ),
            models.CheckConstraint(
                condition=Q(economise_by__gte=0, economise_by__lte=MOST_POINTS),
                name="billing_rise_in_points",
            ),
            models.CheckConstraint(
                condition=Q(economise_curve__in=[curve.value for curve in Curve]),
                name="billing_curve_is_known",
            ),
            models.CheckConstraint(
                condition=Q(paces_itself=False)
                | Q(scope="site", period__in=[period.value for period in PACED_PERIODS]),
                name="billing_paced_by_day_or_month",
            ),
            models.CheckConstraint(
                condition=Q(paced_points=0, paced_at__isnull=True, paced_to_last=False)
                | Q(
                    paces_itself=True,
                    paced_at__isnull=False,
                    paced_points__gte=0,
                    paced_points__lte=F("pace_at_most"),
                ),
                name="billing_paced_within_bounds",
            ),
            models.CheckConstraint(
                condition=Q(pace_at_most__gte=LEAST_POINTS, pace_at_most__lte=MOST_POINTS),
                name="billing_pace_in_points",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError."""
        try:
            self.warning_lines = ", ".join(map(str, cost_saving_steps.lines(self.warning_lines)))
        except ValueError as error:
            raise ValidationError({"warning_lines": str(error)}) from error
        # As the constraint says, which is not asked where scope and period are only shown.
        if self.paces_itself and not self.can_pace:
            message = (
                "Only a daily or monthly budget of the whole site can be spread over its period."
            )
            raise ValidationError({"paces_itself": message})

    @property
    def can_pace(self) -> bool:
        return self.scope == self.Scope.SITE and self.period in PACED_PERIODS

    @property
    def lines(self) -> list[int]:
        """The warning lines in percent, the lowest first."""
        return cost_saving_steps.lines(self.warning_lines)

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

    def points_since(self, starts_at: datetime) -> float:
        """Points by which it raises the threshold in the window that starts then."""
        is_of_it = self.paced_at is not None and self.paced_at >= starts_at
        return self.paced_points if is_of_it else 0.0


class BudgetPeriod(models.Model):
    """A budget's use by one key in one period, in nano-dollars. Carries the constraint."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="windows")
    key = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    limit = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0, help_text="Held for calls in progress.")
    overrun = models.BigIntegerField(
        default=0, help_text="What calls cost beyond the amount held for them."
    )

    class Meta:
        ordering = ["-starts_at", "budget", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "starts_at", "key"], name="billing_one_period_at_once"
            ),
            models.CheckConstraint(
                condition=Q(spent__lte=F("limit") + F("overrun") - F("reserved")),
                name="billing_spent_and_reserved_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(limit__gte=0, spent__gte=0, reserved__gte=0, overrun__gte=0),
                name="billing_no_negative_period",
            ),
        ]
        # Nothing that a call changes: PostgreSQL then has no index to write for it.
        indexes = [
            models.Index(fields=["budget", "starts_at", "-id"], name="billing_newest_periods")
        ]

    def __str__(self) -> str:
        name = f"{self.budget} {self.key}".strip()
        return f"{name} from {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def left(self) -> int:
        """Nano-dollars that new calls may still reserve."""
        return max(0, self.limit - self.spent - self.reserved)
