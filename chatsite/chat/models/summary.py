"""What a conversation was about, in a few words for staff."""

from django.db import models
from django.utils import timezone

from chatsite.chat.models.conversation import Conversation


class Summary(models.Model):
    """A model's words about a conversation that had ended: text, never markup. Gone with it."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, related_name="summary"
    )
    text = models.TextField()
    revision = models.PositiveIntegerField(
        help_text="Revision of the conversation when it was summarised. Later messages are not "
        "in the summary."
    )
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "summaries"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(text=""), name="chat_a_summary_says_something"
            )
        ]

    def __str__(self) -> str:
        return f"Summary of conversation {self.conversation_id}"
