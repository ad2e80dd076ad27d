"""Prices, budgets with their windows, the holds of calls in flight, and the ledger."""

import itertools
from datetime import datetime
from typing import Any, NoReturn, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from billing import ladder
from billing.errors import AppendOnly
from billing.ladder import Curve, Ladder
from billing.pricing import Rate, Usage

UNCHANGING = "A price is changed by a new row with a later date."
# The threshold itself goes from 1 to 11.
MOST_POINTS = 10


class PriceQuerySet(models.QuerySet["Price"]):
    def in_force(self, model: str, service_tier: str, at: datetime) -> Self:
        """What is effective at that time, the newest first: it is the one that counts."""
        return self.filter(model=model, service_tier=service_tier, effective_from__lte=at).order_by(
            "-effective_from"
        )

    def update(self, **kwargs: Any) -> NoReturn:
        """Raises AppendOnly."""
        raise AppendOnly(UNCHANGING)


class Price(models.Model):
    """What a model costs from a date on, in nano-dollars per million tokens. Never edited."""

    model = models.CharField(max_length=100)
    service_tier = models.CharField(
        max_length=20, default="default", help_text="default, flex, priority or batch"
    )
    effective_from = models.DateTimeField(
        default=timezone.now, help_text="Calls made from then on cost this much."
    )
    input = models.BigIntegerField(validators=[MinValueValidator(0)])
    # Null where the provider lists none: input's price applies.
    cached_input = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])
    cache_write = models.BigIntegerField(null=True, blank=True, validators=[MinValueValidator(0)])
    output = models.BigIntegerField(validators=[MinValueValidator(0)])
    source = models.CharField(max_length=200, blank=True, help_text="Where the price is from.")

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering = ["model", "service_tier", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "service_tier", "effective_from"],
                name="billing_one_price_at_once",
                violation_error_message="There is already a price from that moment on.",
            ),
            models.CheckConstraint(
                condition=Q(input__gte=0, output__gte=0)
                & (Q(cached_input__isnull=True) | Q(cached_input__gte=0))
                & (Q(cache_write__isnull=True) | Q(cache_write__gte=0)),
                name="billing_no_negative_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.service_tier}) from {self.effective_from:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AppendOnly for a row that exists."""
        if not self._state.adding:
            raise AppendOnly(UNCHANGING)
        # A given primary key would otherwise be an UPDATE.
        super().save(force_insert=True, using=kwargs.get("using"))

    @property
    def rate(self) -> Rate:
        return Rate(
            input=self.input,
            cached_input=self.input if self.cached_input is None else self.cached_input,
            cache_write=self.input if self.cache_write is None else self.cache_write,
            output=self.output,
        )


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


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        """Raises AppendOnly."""
        raise AppendOnly("Ledger entries are never changed.")

    def delete(self) -> NoReturn:
        """Raises AppendOnly."""
        raise AppendOnly("Ledger entries are never deleted.")


class LedgerEntry(models.Model):
    """What one call cost. Append-only, here and by triggers; amounts are nano-dollars."""

    class Purpose(models.TextChoices):
        ANSWER = "answer"
        SCORING = "scoring"
        JUDGING = "judging"
        EVALUATION = "evaluation"
        SUMMARY = "summary"
        RECONCILIATION = "reconciliation"  # no call: what the provider billed beside the entries

    reference = models.CharField(max_length=100, unique=True, help_text="Owned by the caller.")
    purpose = models.CharField(max_length=20, choices=Purpose)
    outcome = models.CharField(max_length=20, help_text="How the call ended.")
    tier = models.CharField(max_length=20)
    conversation = models.CharField(max_length=100, blank=True)
    visitor = models.CharField(max_length=100, blank=True)
    model_requested = models.CharField(max_length=100)
    model_returned = models.CharField(max_length=100, blank=True)
    service_tier = models.CharField(
        max_length=20, help_text="As the response names it, if it does."
    )
    request_id = models.CharField(max_length=100, blank=True, help_text="The provider's.")
    called_at = models.DateTimeField()
    settled_at = models.DateTimeField()
    # Null where the provider did not say; the amount is then what was reserved.
    input_tokens = models.BigIntegerField(null=True)
    cached_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    estimated = models.BooleanField(help_text="The provider did not say how many tokens it bills.")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    price_assumed = models.BooleanField(
        help_text="The model or service tier that answered has no price: that of the one asked."
    )
    # As in force when the call was made, per million tokens.
    input_rate = models.BigIntegerField()
    cached_input_rate = models.BigIntegerField()
    cache_write_rate = models.BigIntegerField()
    output_rate = models.BigIntegerField()
    reserved = models.BigIntegerField()
    amount = models.BigIntegerField()
    # Null where there is nothing to compare with, or the tokens are not known.
    compared_amount = models.BigIntegerField(
        "cost compared with",
        null=True,
        help_text="What the same tokens would have cost on the model that it is compared with.",
    )
    windows = models.JSONField(default=list, help_text="Ids of the budget windows it counts in.")

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(
                # A correction of what was charged without knowing its usage may give back.
                condition=Q(reserved__gte=0) & (Q(amount__gte=0) | Q(purpose="reconciliation")),
                name="billing_no_negative_charge",
            ),
            models.CheckConstraint(
                condition=Q(estimated=True, input_tokens__isnull=True, output_tokens__isnull=True)
                | Q(
                    # A comparison with null is not false, and would pass.
                    estimated=False,
                    input_tokens__isnull=False,
                    output_tokens__isnull=False,
                    input_tokens__gte=0,
                    output_tokens__gte=0,
                ),
                name="billing_estimated_where_usage_is_unknown",
            ),
        ]
        indexes = [
            models.Index(fields=["called_at"], name="billing_entries_by_time"),
            models.Index(fields=["conversation"], name="billing_by_conversation"),
            models.Index(fields=["outcome", "-id"], name="billing_entries_by_outcome"),
            models.Index(fields=["-amount", "-id"], name="billing_dearest_entries"),
        ]

    def __str__(self) -> str:
        return self.reference

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises AppendOnly for a row that exists."""
        if not self._state.adding:
            raise AppendOnly("Ledger entries are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises AppendOnly."""
        raise AppendOnly("Ledger entries are never deleted.")

    @property
    def usage(self) -> Usage | None:
        """None where the provider has not said."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return Usage(
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cached_tokens=self.cached_tokens or 0,
            cache_write_tokens=self.cache_write_tokens or 0,
            reasoning_tokens=self.reasoning_tokens or 0,
        )

    @property
    def rate(self) -> Rate:
        return Rate(
            input=self.input_rate,
            cached_input=self.cached_input_rate,
            cache_write=self.cache_write_rate,
            output=self.output_rate,
        )


class Hold(models.Model):
    """What is reserved for a call in flight. Gone once the call is on the ledger."""

    reference = models.CharField(max_length=100, unique=True)
    purpose = models.CharField(max_length=20, choices=LedgerEntry.Purpose)
    tier = models.CharField(max_length=20)
    conversation = models.CharField(max_length=100, blank=True)
    visitor = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=100)
    service_tier = models.CharField(max_length=20)
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    compared_with = models.CharField(
        max_length=100, blank=True, help_text="The model that could have answered instead."
    )
    amount = models.BigIntegerField()
    windows = models.JSONField(default=list)
    called_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="billing_no_negative_hold"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="billing_holds_by_expiry")]

    def __str__(self) -> str:
        return self.reference


class Tally(models.Model):
    """What the calls that began in a quarter of an hour came to. Written by `tallies` alone."""

    quarter = models.DateTimeField()
    tier = models.CharField(max_length=20)
    model = models.CharField(max_length=100, help_text="As asked for.")
    purpose = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    calls = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    cached_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    amount = models.BigIntegerField()
    estimated_amount = models.BigIntegerField(help_text="Of the amount, what is estimated.")
    compared_amount = models.BigIntegerField(
        help_text="On the model compared with; the amount itself where there is none."
    )
    milliseconds = models.BigIntegerField(help_text="From the call to its settlement, all of them.")
    within_1s = models.BigIntegerField(help_text="Calls that took no longer, as below.")
    within_2s = models.BigIntegerField()
    within_4s = models.BigIntegerField()
    within_8s = models.BigIntegerField()
    within_16s = models.BigIntegerField()
    within_32s = models.BigIntegerField()

    class Meta:
        ordering = ["quarter"]
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["quarter", "tier", "model", "purpose", "outcome"],
                name="billing_one_tally_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M} {self.tier} {self.model} {self.purpose}"


class ConversationCost(models.Model):
    """What all calls of a conversation came to. Written by `tallies` alone."""

    conversation = models.CharField(max_length=100, unique=True)
    visitor = models.CharField(max_length=100, blank=True)
    calls = models.BigIntegerField()
    amount = models.BigIntegerField()
    first_at = models.DateTimeField(help_text="Its first call.")
    last_at = models.DateTimeField(help_text="Its last call.")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-amount"], name="billing_dearest_conversations"),
            models.Index(fields=["last_at", "amount"], name="billing_conversations_by_time"),
            models.Index(fields=["visitor"], name="billing_conversations_of"),
        ]

    def __str__(self) -> str:
        return self.conversation
