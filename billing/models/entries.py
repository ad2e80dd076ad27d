"""What calls cost: the ledger, and the holds of calls in flight."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q

from billing.errors import AppendOnly
from billing.models.prices import Price
from billing.prices.pricing import Rate, Usage


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
        CHECKING = "checking"  # claims of an answer, held against the articles
        JUDGING = "judging"
        EVALUATION = "evaluation"
        SUMMARY = "summary"
        SEARCH = "search"  # embeddings of articles and questions
        TESTING = "testing"  # answer tests
        DRAFTING = "drafting"  # articles from what staff answered
        REPLY_DRAFT = "reply_draft"  # replies that staff edit
        RECONCILIATION = "reconciliation"  # no call: what the provider billed beside the entries

    reference = models.CharField(
        max_length=100, unique=True, help_text="Name of the call: reply, number and attempt."
    )
    purpose = models.CharField(max_length=20, choices=Purpose)
    outcome = models.CharField(max_length=20, help_text="How the call ended.")
    tier = models.CharField(max_length=20)
    conversation = models.CharField(max_length=100, blank=True)
    visitor = models.CharField(max_length=100, blank=True)
    model_requested = models.CharField(max_length=100)
    model_returned = models.CharField(max_length=100, blank=True)
    service_tier = models.CharField(
        max_length=20, help_text="The name in the response. Blank: the response has none."
    )
    request_id = models.CharField(
        max_length=100, blank=True, help_text="The provider's id of the request."
    )
    called_at = models.DateTimeField()
    settled_at = models.DateTimeField()
    # Null where nobody knows; the amount is then what was reserved.
    input_tokens = models.BigIntegerField(null=True)
    cached_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    estimated = models.BooleanField(help_text="The provider did not report the exact usage.")
    estimated_because = models.CharField(
        "why estimated", max_length=200, blank=True, default="", db_default=""
    )
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    price_assumed = models.BooleanField(
        help_text="Another model or service tier answered. It has no price, so the price of the "
        "requested one is used."
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
        "other model",
        null=True,
        help_text="What the same tokens would have cost on the other model.",
    )
    windows = models.JSONField(default=list, help_text="Ids of the budget periods it counts in.")

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
                    # Counted here.
                    estimated=True,
                    input_tokens__isnull=False,
                    output_tokens__isnull=False,
                    input_tokens__gte=0,
                    output_tokens__gte=0,
                )
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
    amount = models.BigIntegerField(
        help_text="Amount held now. 0 once the next attempt has taken it over."
    )
    worst_case = models.BigIntegerField(
        db_default=0,
        help_text="Most that the call can cost. Charged if its usage stays unknown.",
    )
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
