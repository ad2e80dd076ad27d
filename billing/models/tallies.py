"""Sums of the ledger, kept exact by its own commits."""

from django.db import models


class Tally(models.Model):
    """What the calls that began in a quarter of an hour came to. Written by `tallies` alone."""

    quarter = models.DateTimeField()
    tier = models.CharField(max_length=20)
    model = models.CharField(max_length=100, help_text="Requested model.")
    purpose = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    calls = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    cached_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    amount = models.BigIntegerField()
    estimated_amount = models.BigIntegerField(help_text="Part of the amount that is estimated.")
    compared_amount = models.BigIntegerField(
        help_text="Cost on the other model. If there is none, the amount itself."
    )
    milliseconds = models.BigIntegerField(help_text="Sum of the times from call to settlement.")
    within_1s = models.BigIntegerField(help_text="Calls that took at most this long.")
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
    first_at = models.DateTimeField(help_text="First call.")
    last_at = models.DateTimeField(help_text="Last call.")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-amount"], name="billing_dearest_conversations"),
            models.Index(fields=["last_at", "amount"], name="billing_conversations_by_time"),
            models.Index(fields=["visitor"], name="billing_conversations_of"),
        ]

    def __str__(self) -> str:
        return self.conversation
