"""Mail with customers: what people wrote and is sent on, and what came back."""

from django.db import models
from django.db.models import Q

from chatsite.chat.models import Conversation, Message


class Job(models.Model):
    """A mail on its way to a customer's address: the row is the job."""

    class State(models.TextChoices):
        DUE = "due", "to be sent"
        SENT = "sent", "sent"
        NOT_NEEDED = "not_needed", "not needed any more"
        GIVEN_UP = "given_up", "given up"
        BOUNCED = "bounced", "not delivered"

    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    # Null until it was tried.
    tried_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class SentAnswer(Job):
    """A person's message."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="sent_answer")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="due"), name="mail_answers_due")
        ]

    def __str__(self) -> str:
        return f"Mail of message {self.message_id}"


class Transcript(Job):
    """All that was said in a conversation, for its customer."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="transcripts"
    )
    # Blank once nothing more is tried: it was given for this mail alone.
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="due") | Q(address=""), name="mail_transcript_keeps_no_address"
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="due"), name="mail_transcripts_due")
        ]

    def __str__(self) -> str:
        return f"Transcript {self.pk}"


class ReceivedMail(models.Model):
    """A mail that was read, and its result. Its words are stored in the conversation only."""

    class Result(models.TextChoices):
        TAKEN = "taken", "in the conversation"
        NOT_OURS = "not_ours", "to no reply address"
        OTHER_SENDER = "other_sender", "from another address"
        AUTOMATIC = "automatic", "automatic reply"
        BOUNCE = "bounce", "report that a mail was not delivered"
        EMPTY = "empty", "without new text"
        TOO_LARGE = "too_large", "too large"
        TOO_MANY = "too_many", "too many in a day"
        ENDED = "ended", "the conversation has ended"
        UNREADABLE = "unreadable", "not readable"

    # Recognises the mail: a hash of its Message-ID, or of the whole mail.
    identity = models.CharField(max_length=64, unique=True)
    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="received_mail"
    )
    result = models.CharField(max_length=12, choices=Result)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "received mail"

    def __str__(self) -> str:
        return f"Mail {self.pk}"
