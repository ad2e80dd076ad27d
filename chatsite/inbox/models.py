"""What the team keeps: notes, tags, canned replies, views, and who is told of requests."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing import money
from chatsite.chat.models import Conversation
from chatsite.shop import current_shop


class Note(models.Model):
    """What staff write to each other; the customer never sees it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    # Null once the account is gone.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(max_length=settings.MESSAGE_LENGTH)
    mentioned = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="mentioned_in"
    )
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["written_at", "id"]

    def __str__(self) -> str:
        return f"Note {self.pk}"

    @property
    def created_at(self) -> datetime:
        """Under the name that messages have for it, among which it stands."""
        return self.written_at


class CannedReply(models.Model):
    """A text that staff insert by typing / and its name."""

    name = models.SlugField(
        unique=True,
        help_text="Type a slash and this name to insert the text, such as /opening-hours.",
    )
    text = models.TextField(
        max_length=settings.MESSAGE_LENGTH,
        help_text="Markdown. {agent} is replaced by your name, {site} by the name of the site.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return f"/{self.name}"

    def filled_in(self, agent: str) -> str:
        return self.text.replace("{agent}", agent).replace("{site}", current_shop.name())


class ReplyDraft(models.Model):
    """A reply that the strong model writes for a member of staff, who edits and sends it."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        WRITING = "writing", "being written"
        WRITTEN = "written", "written"
        FAILED = "failed", "failed"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="reply_drafts"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reply_drafts"
    )
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    text = models.TextField(blank=True)
    sources = models.JSONField(default=list, blank=True, help_text="Articles that it used.")
    why = models.CharField("why it failed", max_length=300, blank=True)
    # Null until it is paid for.
    cost = models.BigIntegerField(null=True, help_text="Nano-dollars.")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # A double click is one call.
            models.UniqueConstraint(
                fields=["conversation", "by"],
                condition=Q(state__in=["waiting", "writing"]),
                name="inbox_one_reply_draft_at_once",
            )
        ]

    def __str__(self) -> str:
        return f"Reply draft {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.WAITING, self.State.WRITING}

    @property
    def shown_cost(self) -> str:
        return "" if self.cost is None else money.shown(self.cost)


class Tag(models.Model):
    """A word by which staff find conversations again."""

    name = models.SlugField(max_length=40, unique=True, allow_unicode=True)
    conversations = models.ManyToManyField(Conversation, blank=True, related_name="tags")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A queue, a search and a tag under one name, for one member of staff."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox_views"
    )
    name = models.CharField(max_length=40)
    queue = models.CharField(max_length=10)
    words = models.CharField(max_length=100, blank=True)
    tag = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="inbox_one_view_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class TeamNotifications(models.Model):
    """One row: who is told when a customer asks for a person."""

    emails = models.TextField(
        blank=True,
        help_text="E-mail addresses, one per line. They get a mail for each request at once.",
    )
    escalate_after = models.PositiveSmallIntegerField(
        default=10,
        help_text="If nobody has answered after this many minutes of business hours, the "
        "addresses below get a mail.",
    )
    escalation_emails = models.TextField(
        blank=True, help_text="E-mail addresses, one per line. Blank: no second mail."
    )

    class Meta:
        verbose_name = verbose_name_plural = "team notifications"

    def __str__(self) -> str:
        return "Team notifications"

    def clean(self) -> None:
        for name in ("emails", "escalation_emails"):
            for address in addresses(getattr(self, name)):
                try:
                    validate_email(address)
                except ValidationError as error:
                    raise ValidationError({name: f"{address} is not an e-mail address."}) from error


class Notice(models.Model):
    """One telling of a request for a person: by which channel, and whether it has arrived."""

    class Kind(models.TextChoices):
        ASKED = "asked", "a customer asks for a person"
        ESCALATED = "escalated", "nobody has answered"

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook", "webhook"

    class State(models.TextChoices):
        DUE = "due", "to be sent"
        SENT = "sent", "sent"
        GIVEN_UP = "given_up", "given up"
        NOT_NEEDED = "not_needed", "not needed any more"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notices")
    asked_at = models.DateTimeField()
    kind = models.CharField(max_length=9, choices=Kind)
    channel = models.CharField(max_length=7, choices=Channel)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    result = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "asked_at", "kind", "channel"], name="inbox_told_once"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="due"), name="inbox_notices_due")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.get_channel_display()}"

    @property
    def reference(self) -> str:
        return f"notice:{self.pk}"


def addresses(lines: str) -> list[str]:
    return [line.strip() for line in lines.splitlines() if line.strip()]
