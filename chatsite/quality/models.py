"""What is known of how good the cheap tier's answers were."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from chatsite.chat.models import Message


class Label(models.Model):
    """What one source says of the cheap answer to one turn. Holds no words of a customer.

    Whatever answered in the end: a judge may compare a cheap answer that no customer saw. Gone with
    its reply.
    """

    class Source(models.TextChoices):
        JUDGED = "judged", "a judge compared the answers"
        RATING = "rating", "the customer rated it"
        RETRY = "retry", "the model broke it off, and the customer asked anew"
        HANDOFF = "handoff", "a person was asked for, or wrote, after it"
        FOLLOW_UP = "follow_up", "the customer asked the same again, or went on"
        VERDICT = "verdict", "the verifier's doubt"

    reply = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="labels")
    source = models.CharField(max_length=9, choices=Source)
    cheap = models.FloatField(
        "cheap answer", help_text="How good it was: 0, it would not do, to 1, it did."
    )
    # Null unless a strong answer to the same turn is known too.
    strong = models.FloatField("strong answer", null=True, blank=True)
    weight = models.FloatField(help_text="How far it is trusted: above 0, up to 1.")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-said_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["reply", "source"], name="quality_one_label_per_source"
            ),
            models.CheckConstraint(
                condition=Q(cheap__gte=0, cheap__lte=1)
                & (Q(strong__isnull=True) | Q(strong__gte=0, strong__lte=1)),
                name="quality_answers_from_0_to_1",
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=1), name="quality_weight_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} of reply:{self.reply_id}"
