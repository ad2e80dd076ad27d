"""Messages. An assistant's message is also the job that writes it."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chatsite import markdown
from chatsite.chat.models import message_constraints
from chatsite.chat.models.conversation import Conversation

# P2: an acknowledged message ends within 90 seconds, in an answer or a visible error. Whoever ends
# what is overdue looks every 5 s.
ANSWER_WITHIN = timedelta(seconds=84)


def spoken(text: str | None, files: Sequence[Mapping[str, Any]] | None) -> str:
    """What a line says of a message: its words, or the names of what came without any."""
    return text or ", ".join(file["name"] for file in files or ())


class MessageQuerySet(models.QuerySet["Message"]):
    def open(self) -> Self:
        """Replies that still have to end."""
        return self.filter(state__in=Message.OPEN)

    def of_attempt(self, reply_id: int, attempt: int) -> Self:
        """The reply while this attempt owns it: the fence in front of every write of a worker."""
        return self.filter(id=reply_id, attempt=attempt, state=Message.State.WRITING)


# Calls for embeddings in one attempt, after which it goes by words alone.
MOST_SEARCHES = 3


class Message(models.Model):
    class Role(models.TextChoices):
        CUSTOMER = "customer"
        ASSISTANT = "assistant"
        STAFF = "staff"

    class State(models.TextChoices):
        PENDING = "pending"
        WRITING = "writing"
        COMPLETE = "complete"
        CUT = "cut"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Failure(models.TextChoices):
        """Why a reply is not a full answer; `FAILURE_TEXTS` has what the customer reads."""

        LENGTH = "length"
        BROKEN = "broken"
        FILTERED = "filtered"
        UNAVAILABLE = "unavailable"
        REFUSED = "refused"
        LATE = "late"
        NO_ROOM = "no_room"
        PERSON = "person"
        STOPPED = "stopped"
        MISCONFIGURED = "misconfigured"

    class Stage(models.TextChoices):
        """Why a tier answers that the score did not choose; blank where the score's does."""

        ESCALATED = "escalated", "escalated"
        KEPT = "kept", "kept"
        QUOTED = "quoted", "quoted"
        STOOD_IN = "stood_in", "stood in"

    class Rating(models.IntegerChoices):
        """What the customer thinks of an answer."""

        GOOD = 1
        BAD = -1

    OPEN = (State.PENDING, State.WRITING)

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    position = models.PositiveIntegerField(help_text="Order within the conversation.")
    role = models.CharField(max_length=9, choices=Role)
    state = models.CharField(max_length=9, choices=State, default=State.COMPLETE)
    text = models.TextField(blank=True)
    # Null on replies; on a customer's message, made by the browser before it sends.
    client_id = models.UUIDField(null=True, blank=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    # The job, on replies only.
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="Number of the newest attempt. Only that one may write."
    )
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts since the customer last asked for this answer."
    )
    waits = models.PositiveSmallIntegerField(
        default=0,
        help_text="How often it was postponed since it was asked, because other calls held the "
        "budget.",
    )
    # Null unless a worker is writing.
    lease_until = models.DateTimeField(null=True, blank=True)
    # Null unless open: not before, and an error not later than.
    due_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    # Null until ended.
    ended_at = models.DateTimeField(null=True, blank=True)
    tier = models.CharField(max_length=6, blank=True)
    language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="Language of the question, as an ISO 639-1 code. Blank: unknown.",
    )
    # Null until ended, where no words were shown, and on answers from before this was kept.
    first_words_ms = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Milliseconds from the question to the first words that were shown.",
    )
    failure = models.CharField(max_length=13, choices=Failure, blank=True)
    sources = models.JSONField(
        default=list, blank=True, help_text="Articles that the model was given."
    )
    files = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text="Files sent with the message: the Attachment.facts of each.",
    )
    files_unseen = models.BooleanField(
        default=False,
        db_default=False,
        help_text="On a reply: whether the customer attached a file that the model was not shown.",
    )
    stage = models.CharField(max_length=9, choices=Stage, blank=True)
    # While the reply is open, `failure` says what the draft lacks of a full answer.
    draft = models.TextField(blank=True, help_text="The answer that was doubted.")
    instead = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Shown if nothing better than the draft is written. Blank: the draft.",
    )

    offers_person = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether a button below the answer offers a person.",
    )

    # On complete answers only: null unless the customer has rated it.
    rating = models.SmallIntegerField(choices=Rating, null=True, blank=True)
    rating_note = models.CharField(
        max_length=500, blank=True, help_text="What the customer wrote about the answer."
    )
    retries = models.PositiveSmallIntegerField(
        default=0, help_text="How often the customer asked again for an answer that broke off."
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "position"]
        constraints = message_constraints.CONSTRAINTS
        indexes = message_constraints.INDEXES

    def __str__(self) -> str:
        return f"{self.get_role_display()} message {self.pk}"

    @property
    def failure_text(self) -> str:
        """What the customer reads where this is not a full answer; blank where it is."""
        return str(FAILURE_TEXTS[Message.Failure(self.failure)]) if self.failure else ""

    @property
    def reference(self) -> str:
        """How ledgers and decisions name this reply."""
        return f"reply:{self.pk}"

    def search_references(self, attempt: int) -> list[str]:
        """How the ledger names the embeddings that were asked for in an attempt, in their order.

        Several, as whatever is said between its look and its claim has it look again.
        """
        first = f"search:{self.pk}:{attempt}"
        return [first, *(f"{first}.{number}" for number in range(2, MOST_SEARCHES + 1))]

    @property
    def charge_reference(self) -> str:
        """How the ledger names this attempt at the reply."""
        return f"{self.reference}:{self.attempt}"

    @property
    def words(self) -> str:
        return spoken(self.text, self.files)

    @property
    def html(self) -> SafeString:
        """The text as a reader sees it: Markdown from the assistant, as typed from people."""
        if self.role == self.Role.CUSTOMER:
            return markdown.plain(self.text)
        if self.role == self.Role.STAFF:
            return markdown.typed(self.text)
        if self.is_double_checked:
            return self.draft_html
        return markdown.render(self.text)

    @property
    def growing_html(self) -> SafeString:
        """As a tab shows it that saw it grow: what comes next continues it."""
        if self.state == self.State.WRITING and self.text:
            return markdown.unfinished(self.text)
        return self.html

    @property
    def draft_html(self) -> SafeString:
        return markdown.render(self.draft)

    @property
    def is_double_checked(self) -> bool:
        """Whether the draft is shown until the strong tier's first words are there."""
        escalated = self.stage == self.Stage.ESCALATED
        return escalated and self.state in self.OPEN and not self.text

    @property
    def can_retry(self) -> bool:
        return self.state in {self.State.FAILED, self.State.CUT} or self.is_stopped

    @property
    def continuation_id(self) -> uuid.UUID:
        """Of the customer's wish that this answer goes on: said twice, it is one message."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"continue {self.reference}")

    @property
    def is_stopped(self) -> bool:
        """Whether the customer wanted no more of it."""
        return self.state == self.State.CANCELLED and self.failure == self.Failure.STOPPED

    @property
    def was_rewritten(self) -> bool:
        """Whether the strong tier's answer stands where the customer saw another first."""
        escalated = self.stage == self.Stage.ESCALATED
        return escalated and self.state == self.State.COMPLETE and bool(self.draft)

    @property
    def found_wanting(self) -> bool:
        """Whether the customer rated it down, or asked anew for what the model broke off."""
        return self.rating == self.Rating.BAD or self.retries > 0

    @property
    def can_be_rated(self) -> bool:
        return self.role == self.Role.ASSISTANT and self.state == self.State.COMPLETE


FAILURE_TEXTS = {
    Message.Failure.LENGTH: _("This answer was cut short because it grew too long."),
    Message.Failure.BROKEN: _("This answer broke off before its end."),
    Message.Failure.FILTERED: _("The rest of this answer was held back by a safety filter."),
    Message.Failure.UNAVAILABLE: _("The assistant could not be reached. Please try again."),
    Message.Failure.REFUSED: _("This question could not be answered. Please rephrase it."),
    Message.Failure.LATE: _("The answer took too long. Please try again."),
    Message.Failure.NO_ROOM: _(
        "The assistant is taking a break just now. Please try again later or write to us."
    ),
    Message.Failure.PERSON: _(
        "The assistant is taking a break just now. A person from our team will answer here."
    ),
    Message.Failure.STOPPED: _("You stopped this answer."),
    Message.Failure.MISCONFIGURED: _("The assistant is not available. We have been told."),
}
