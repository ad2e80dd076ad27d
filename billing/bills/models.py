"""What the provider bills beside what the ledger has, day by day, as each night's look found it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class BilledDay(models.Model):
    """One model on one day of the provider's, which is in UTC. Amounts are nano-dollars."""

    day = models.DateField()
    model = models.CharField(
        max_length=100, blank=True, help_text="Blank: the bill names no model."
    )
    recorded = models.BigIntegerField(help_text="Cost in the ledger.")
    # Null while the provider has no figures of the day.
    billed = models.BigIntegerField(null=True)
    unexplained = models.BigIntegerField(
        default=0, help_text="Part of the difference that no known reason explains."
    )
    explanation = models.TextField(blank=True, help_text="Blank if there is no difference.")
    compared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-day", "model"]
        verbose_name = "day on the bill"
        verbose_name_plural = "days on the bill"
        constraints = [
            models.UniqueConstraint(fields=["day", "model"], name="bills_one_line_a_day_and_model"),
            models.CheckConstraint(
                condition=Q(unexplained=0) | (Q(billed__isnull=False) & ~Q(explanation="")),
                name="bills_nothing_is_odd_without_a_bill_and_a_word",
            ),
        ]
        indexes = [
            models.Index(fields=["-day"], condition=~Q(unexplained=0), name="bills_unexplained"),
        ]

    def __str__(self) -> str:
        return f"{self.model or 'no model'} on {self.day}"

    @property
    def difference(self) -> int:
        """Recorded minus billed, in nano-dollars."""
        return self.recorded - (self.billed or 0)


class BillReading(models.Model):
    """One attempt to read the provider's bill."""

    read_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(
        max_length=200, blank=True, help_text="Blank if the bill could be read."
    )

    class Meta:
        ordering = ["-read_at"]
        indexes = [models.Index(fields=["-read_at"], name="bills_newest_reading")]

    def __str__(self) -> str:
        return f"{self.read_at:%Y-%m-%d %H:%M} {self.problem or 'read'}"
