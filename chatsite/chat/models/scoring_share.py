"""Whose score a scoring call was made for."""

from django.db import models
from django.db.models import Q


class ScoringShare(models.Model):
    """A reply's part in a scoring call that several conversations shared."""

    call = models.CharField(max_length=100, help_text="Reference of the call in the ledger.")
    reply = models.CharField(
        max_length=100, help_text="Reference of the scored reply, such as reply:12."
    )
    attempt = models.PositiveSmallIntegerField(help_text="Attempt of the reply.")
    part = models.PositiveSmallIntegerField(help_text="Position in the call, from 0.")
    parts = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "part"], name="chat_one_reply_per_part"),
            models.UniqueConstraint(
                fields=["reply", "attempt"], name="chat_one_scoring_call_per_attempt"
            ),
            models.CheckConstraint(
                condition=Q(part__lt=models.F("parts")), name="chat_a_part_of_the_parts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reply} in {self.call}"

    def of(self, amount: int) -> int:
        """This part of an amount, in nano-dollars; the parts add up to it exactly."""
        return amount * (self.part + 1) // self.parts - amount * self.part // self.parts
