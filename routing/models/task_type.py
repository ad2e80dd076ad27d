"""What customers often ask for."""

from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from routing.models.task_type_library import Library
from routing.tier_choice import Tier


class TaskTypeQuerySet(models.QuerySet["TaskType"]):
    def active(self) -> Self:
        """What messages are recognised as."""
        return self.filter(active=True)

    def update(self, **kwargs: Any) -> int:
        changed = super().update(**kwargs)
        Library.objects.change()
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        gone = super().delete()
        Library.objects.change()
        return gone


class TaskType(models.Model):
    """What customers often ask for, told by examples, and how it is to be answered."""

    # All that an operator sets, and what a change of it is kept as; the name first.
    SETTINGS = (
        "name",
        "description",
        "examples",
        "phrases",
        "tier",
        "points",
        "approved_answer",
        "answers_itself",
        "cacheable",
        "active",
    )

    name = models.CharField(max_length=80, unique=True, help_text="Shown on receipts.")
    description = models.CharField(max_length=300, blank=True)
    examples = models.TextField(
        max_length=50_000,
        help_text="Messages as customers write them, one per line, in any language. Ten or more "
        "different ones work best.",
    )
    phrases = models.TextField(
        max_length=5_000,
        blank=True,
        help_text="One per line. A message that contains one of these phrases always has this "
        "task type.",
    )
    tier = models.CharField(
        max_length=6,
        blank=True,
        choices={tier.value: f"always the {tier.value} model" for tier in Tier},
        help_text="Blank: the score decides. Dangerous subjects always go to the strong model.",
    )
    points = models.FloatField(
        "points added to the score",
        default=0,
        validators=[MinValueValidator(-9), MaxValueValidator(9)],
        help_text="-9 to 9. Above 0, more of these messages go to the strong model. Below 0, "
        "fewer.",
    )
    approved_answer = models.TextField(
        max_length=10_000, blank=True, help_text="Markdown. Sent as it is, without asking a model."
    )
    answers_itself = models.BooleanField(
        "send the approved answer without asking a model",
        default=False,
        help_text="For the first message of a conversation, if the task type is certain and "
        "nothing dangerous is mentioned. If off, the approved answer is only used when "
        "a budget is used up.",
    )
    cacheable = models.BooleanField(
        "save answers and send them again",
        default=False,
        help_text="For the same first question, until the articles or the policy change. Leave "
        "this off if the answer depends on the customer, such as the status of an "
        "order.",
    )
    active = models.BooleanField(
        default=True, help_text="If off, no message is recognised as this task type."
    )
    changed_at = models.DateTimeField(auto_now=True)

    objects = TaskTypeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(examples=""), name="routing_task_types_have_examples"
            ),
            models.CheckConstraint(
                condition=Q(tier__in=["", "cheap", "strong"]), name="routing_pinned_tier_is_known"
            ),
            models.CheckConstraint(
                condition=Q(tier="") | Q(points=0), name="routing_a_pinned_tier_or_points"
            ),
            models.CheckConstraint(
                condition=Q(points__gte=-9, points__lte=9), name="routing_points_in_range"
            ),
            models.CheckConstraint(
                condition=Q(answers_itself=False) | ~Q(approved_answer=""),
                name="routing_what_answers_itself_has_an_answer",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        Library.objects.change()

    @property
    def said(self) -> list[str]:
        """The examples."""
        return _lines(self.examples)

    @property
    def deciding(self) -> list[str]:
        """The phrases."""
        return _lines(self.phrases)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        Library.objects.change()
        return gone


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
