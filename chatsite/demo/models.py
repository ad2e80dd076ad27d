"""Which rows the sample shop brought, so that its owner can take them all away at once."""

from django.db import models


class SampleRow(models.Model):
    """One row of the sample, as it was loaded: whoever edits it makes it theirs."""

    kind = models.CharField(max_length=20, help_text="As sample_rows.KINDS names it.")
    key = models.PositiveBigIntegerField(help_text="The row's primary key.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what the sample says in it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="demo_a_row_is_noted_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
