"""What the team keeps beside a conversation: private notes and canned replies."""

from django.conf import settings
from django.db import models

from chatsite.chat.models import Conversation


class Note(models.Model):
    """What staff write to each other; the customer never sees it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    # Null once the account is gone.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(max_length=4000)
    mentioned = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="mentioned_in"
    )
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["written_at", "id"]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class CannedReply(models.Model):
    """A text that staff insert by typing / and its name."""

    name = models.SlugField(unique=True, help_text="Typed after a slash, such as /opening-hours.")
    text = models.TextField(
        max_length=4000,
        help_text="Markdown. {agent} becomes the name of whoever sends it, {site} that of the "
        "site.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return f"/{self.name}"

    def filled_in(self, agent: str) -> str:
        return self.text.replace("{agent}", agent).replace("{site}", settings.SITE_NAME)
