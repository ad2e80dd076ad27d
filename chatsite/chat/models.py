"""Conversations and their messages. An assistant's message is also the job that writes it."""

import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString

from billing import money
from chatsite import markdown

# P2: an acknowledged message ends within this many seconds, in an answer or a visible error.
ANSWER_WITHIN = timedelta(seconds=90)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def held_by(self, visitor: str) -> Self:
        """The only door for customers: what this visitor key opens, nothing else."""
        return self.filter(visitor=visitor)

    def waiting(self) -> Self:
        """Those whose customer has asked for a person, and nobody has come yet."""
        return self.filter(wants_person_since__isnull=False, handled_by__isnull=True)


class Conversation(models.Model):
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visitor = models.CharField(
        max_length=64, editable=False, help_text="Hash of the key in the visitor's cookie."
    )
    address = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Keyed hash of the network address that it was begun from.",
    )
    # Counts committed changes. A page that has seen this number needs nothing more; it also
    # hands out the positions of new messages.
    revision = models.PositiveIntegerField(default=0, editable=False)
    # Not null once a person has taken over: the assistant then stays silent.
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    # Null unless the customer has asked for a person; the assistant goes on until one takes over.
    wants_person_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    active_at = models.DateTimeField(auto_now=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-active_at"]
        permissions = [("take_over", "Can take conversations over, write in them and hand back")]
        indexes = [
            models.Index(fields=["visitor", "-active_at"], name="chat_by_visitor"),
            models.Index(fields=["-active_at", "-id"], name="chat_by_activity"),
            models.Index(
                fields=["wants_person_since"],
                condition=Q(wants_person_since__isnull=False, handled_by__isnull=True),
                name="chat_waits_for_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"

    @property
    def reference(self) -> str:
        """How ledgers and decisions name this conversation."""
        return f"conversation:{self.pk}"

    def advance(self, positions: int = 0) -> int:
        """Count one change and hand out positions; the caller holds the row's lock.

        Returns the first of the positions.
        """
        first = self.revision + 1
        self.revision += max(positions, 1)
        self.active_at = timezone.now()
        with connection.cursor() as cursor:
            # By hand, for the reason that `statements` gives.
            cursor.execute(
                "UPDATE chat_conversation SET revision = %s, active_at = %s WHERE id = %s",
                [
                    self.revision,
                    connection.ops.adapt_datetimefield_value(self.active_at),
                    self.pk,
                ],
            )
        return first


class MessageQuerySet(models.QuerySet["Message"]):
    def open(self) -> Self:
        """Replies that still have to end."""
        return self.filter(state__in=Message.OPEN)

    def of_attempt(self, reply_id: int, attempt: int) -> Self:
        """The reply while this attempt owns it: the fence in front of every write of a worker."""
        return self.filter(id=reply_id, attempt=attempt, state=Message.State.WRITING)


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
        """Why a reply is not a full answer; the words are the customer's."""

        LENGTH = "length", "This answer was cut short because it grew too long."
        BROKEN = "broken", "This answer broke off before its end."
        FILTERED = "filtered", "The rest of this answer was held back by a safety filter."
        UNAVAILABLE = "unavailable", "The assistant could not be reached. Please try again."
        REFUSED = "refused", "This question could not be answered. Please rephrase it."
        LATE = "late", "The answer took too long. Please try again."
        NO_ROOM = (
            "no_room",
            "The assistant is taking a break just now. Please try again later or write to us.",
        )
        PERSON = (
            "person",
            "The assistant is taking a break just now. A person from our team will answer here.",
        )
        MISCONFIGURED = "misconfigured", "The assistant is not available. We have been told."

    class Stage(models.TextChoices):
        """Why a tier answers that the score did not choose; blank where the score's does."""

        ESCALATED = "escalated", "The strong tier writes again what the cheap one wrote."
        KEPT = "kept", "The strong tier could not, so what the cheap one wrote stands."
        STOOD_IN = "stood_in", "The strong tier failed, so the cheap one answers."

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
        default=0, help_text="Fencing token: the newest attempt alone may write."
    )
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts since the customer last asked for this answer."
    )
    waits = models.PositiveSmallIntegerField(
        default=0, help_text="Times it was put off for what other calls held, since it was asked."
    )
    # Null unless a worker is writing.
    lease_until = models.DateTimeField(null=True, blank=True)
    # Null unless open: not before, and an error not later than.
    due_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    # Null until ended.
    ended_at = models.DateTimeField(null=True, blank=True)
    tier = models.CharField(max_length=6, blank=True)
    failure = models.CharField(max_length=13, choices=Failure, blank=True)
    sources = models.JSONField(default=list, blank=True, help_text="Articles the answer was given.")
    stage = models.CharField(max_length=9, choices=Stage, blank=True)
    # While the reply is open, `failure` says what the draft lacks of a full answer.
    draft = models.TextField(blank=True, help_text="The cheap answer that was doubted.")

    # On complete answers only: null unless the customer has rated it.
    rating = models.SmallIntegerField(choices=Rating, null=True, blank=True)
    rating_note = models.CharField(
        max_length=500, blank=True, help_text="What the customer says was wrong with it."
    )
    retries = models.PositiveSmallIntegerField(
        default=0, help_text="Times the customer asked anew for an answer that the model broke off."
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "position"], name="chat_one_message_per_position"
            ),
            models.UniqueConstraint(
                fields=["conversation", "client_id"], name="chat_one_message_per_client_id"
            ),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state__in=["pending", "writing"]),
                name="chat_one_open_reply",
            ),
            models.CheckConstraint(
                condition=Q(role="assistant") | Q(state="complete"),
                name="chat_only_replies_are_jobs",
            ),
            models.CheckConstraint(
                condition=Q(state="writing", lease_until__isnull=False)
                | (~Q(state="writing") & Q(lease_until__isnull=True)),
                name="chat_a_lease_while_writing",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "writing"], deadline__isnull=False)
                | ~Q(state__in=["pending", "writing"]),
                name="chat_open_replies_have_a_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["cut", "failed"]) | ~Q(failure=""),
                name="chat_a_failure_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(draft="") | ~Q(stage=""), name="chat_a_draft_has_a_stage"
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True)
                | Q(rating__in=[-1, 1], role="assistant", state="complete"),
                name="chat_only_complete_answers_are_rated",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["pending", "writing"]),
                name="chat_open_replies",
            ),
            models.Index(
                fields=["conversation", "rating"],
                condition=Q(rating__isnull=False),
                name="chat_rated_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} message {self.pk}"

    @property
    def reference(self) -> str:
        """How ledgers and decisions name this reply."""
        return f"reply:{self.pk}"

    @property
    def charge_reference(self) -> str:
        """How the ledger names this attempt at the reply."""
        return f"{self.reference}:{self.attempt}"

    @property
    def html(self) -> SafeString:
        """The text as a reader sees it: Markdown from assistant and staff, plain from customers.

        While it is written, only what is whole; the rest is `tail`.
        """
        if self.role == self.Role.CUSTOMER:
            return markdown.plain(self.text)
        if self.is_double_checked:
            return self.draft_html
        return markdown.render(self.text[: self._whole()])

    @property
    def draft_html(self) -> SafeString:
        return markdown.render(self.draft)

    @property
    def tail(self) -> SafeString:
        """What follows the last whole Markdown block of a reply that is being written."""
        return markdown.growing(self.text[self._whole() :])

    def _whole(self) -> int:
        """How much of the text will not change any more."""
        if self.state != self.State.WRITING:
            return len(self.text)
        return markdown.blocks(self.text)

    @property
    def is_double_checked(self) -> bool:
        """Whether the draft is shown until the strong tier's first words are there."""
        escalated = self.stage == self.Stage.ESCALATED
        return escalated and self.state in self.OPEN and not self.text

    @property
    def can_retry(self) -> bool:
        return self.state in {self.State.FAILED, self.State.CUT}

    @property
    def found_wanting(self) -> bool:
        """Whether the customer rated it down, or asked anew for what the model broke off."""
        return self.rating == self.Rating.BAD or self.retries > 0

    @property
    def can_be_rated(self) -> bool:
        return self.role == self.Role.ASSISTANT and self.state == self.State.COMPLETE


class ScoringShare(models.Model):
    """A reply's part in a scoring call that several conversations shared."""

    call = models.CharField(max_length=100, help_text="The call's reference on the ledger.")
    reply = models.CharField(max_length=100, help_text="Whose score it asked for: reply:12.")
    attempt = models.PositiveSmallIntegerField(help_text="Of the reply.")
    part = models.PositiveSmallIntegerField(help_text="From 0, in the order they were asked.")
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


class KeptAnswer(models.Model):
    """A complete answer to a first message, to be given again to whoever asks the same.

    Its words are the reply's own: what deletes the conversation deletes what was kept of it.
    """

    reply = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="kept")
    key = models.CharField(
        max_length=64,
        unique=True,
        help_text="SHA-256 of the question, its language, and the editions of articles and policy.",
    )
    task_type = models.CharField(max_length=80)
    knowledge = models.CharField(max_length=32, help_text="The articles' edition.")
    cost = models.PositiveBigIntegerField(help_text="What it cost, in nano-dollars.")
    kept_at = models.DateTimeField(default=timezone.now)
    hits = models.PositiveIntegerField(default=0, help_text="How often it was given again.")
    # Null until it was given again.
    hit_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-hits", "-kept_at"]
        indexes = [models.Index(fields=["kept_at"], name="chat_kept_by_time")]

    def __str__(self) -> str:
        return f"Kept from {self.reply_id}"

    @property
    def saved(self) -> int:
        """Nano-dollars that were not spent because it was given again."""
        return self.hits * self.cost


class Prepared(models.Model):
    """How a reply was answered without a call: by an approved answer, or by one kept before."""

    class Kind(models.TextChoices):
        APPROVED = "approved", "approved answer"
        KEPT = "kept", "answer given before"

    reply = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="prepared")
    kind = models.CharField(max_length=8, choices=Kind)
    task_type = models.CharField(max_length=80)
    similarity = models.FloatField(help_text="0 to 1, to the task type's examples.")
    recognised_by = models.CharField(max_length=300)
    # Null on an approved answer, and once the kept one is gone.
    kept = models.ForeignKey(KeptAnswer, null=True, on_delete=models.SET_NULL, related_name="given")
    saved = models.PositiveBigIntegerField(
        default=0, help_text="Nano-dollars that the kept answer had cost."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["approved", "kept"]), name="chat_preparation_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for reply {self.reply_id}"

    @property
    def saving(self) -> str:
        """Dollars, for people; blank where nothing was spent before."""
        return money.shown(self.saved) if self.saved else ""
