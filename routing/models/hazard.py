"""What is dangerous to get wrong on this site, beside what the product knows; and its own scale."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q


class HazardQuerySet(models.QuerySet["Hazard"]):
    def active(self) -> Self:
        return self.filter(active=True)

    def update(self, **kwargs: Any) -> int:
        changed = super().update(**kwargs)
        SiteKnowledge.objects.change()
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        gone = super().delete()
        SiteKnowledge.objects.change()
        return gone


class Hazard(models.Model):
    """A class of danger: one that the product comes with, with what the site adds, or its own."""

    name = models.CharField(max_length=80, unique=True, help_text="The name on receipts.")
    about = models.CharField(
        "what it is about", max_length=300, blank=True, help_text="Note for your team."
    )
    decisive = models.TextField(
        "phrases that decide",
        max_length=20_000,
        blank=True,
        help_text="One per line, in any language. A message with one of them goes to the strong "
        "model (score 8 or more). A star stands for any ending (allerg*), … for up to four words.",
    )
    hints = models.TextField(
        "phrases that hint",
        max_length=20_000,
        blank=True,
        help_text="One per line. They raise the score but do not decide alone.",
    )
    examples = models.TextField(
        "example messages",
        max_length=50_000,
        blank=True,
        help_text="Messages as customers write them, one per line. A message much like one of "
        "them counts as a phrase that decides.",
    )
    left_out = models.TextField(
        "shipped phrases to ignore",
        max_length=20_000,
        blank=True,
        help_text=(
            "One per line, spelled as below. For phrases that are harmless on this site, such as "
            "“knife” in a kitchen shop."
        ),
    )
    active = models.BooleanField(
        default=True,
        help_text="If off, neither your own phrases nor the shipped ones are looked for.",
    )
    shipped = models.BooleanField(default=False, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = HazardQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="routing_hazards_have_names"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        SiteKnowledge.objects.change()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        SiteKnowledge.objects.change()
        return gone


class SiteKnowledgeManager(models.Manager["SiteKnowledge"]):
    def change(self, **scale: Any) -> None:
        """Say that hazards have changed, or how the site's own scores are spread."""
        self.update_or_create(id=1, defaults={"edition": uuid.uuid4().hex, **scale})


class SiteKnowledge(models.Model):
    """One row, which tells processes that hazards or the scale are others than they hold."""

    edition = models.CharField(max_length=32, help_text="Changes with every change of a hazard.")
    by_words = models.JSONField(
        default=list,
        help_text="Log-odds of the newest messages read by words, of 0, 5 … 100 % of them.",
    )
    by_meaning = models.JSONField(
        default=list,
        help_text="The same of messages read by embeddings.",
    )
    words_seen = models.PositiveIntegerField(default=0)
    meaning_seen = models.PositiveIntegerField(default=0)

    objects = SiteKnowledgeManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="routing_one_site")]

    def __str__(self) -> str:
        return f"Edition {self.edition}"
