"""Response quality, counted by the hour, and the grades that staff give answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing import money
from chatsite.chat.models import Message
from chatsite.knowledge.models import Article


class AnswerCounts(models.Model):
    """Counts of the answers that ended in some time and have these properties in common."""

    tier = models.CharField(max_length=6, blank=True, help_text="Blank: answered without a model.")
    model = models.CharField(max_length=200, blank=True)
    task_type = models.CharField(max_length=80, blank=True)
    policy = models.PositiveIntegerField(
        default=0, help_text="Version of the policy. 0: none decided."
    )
    failure = models.CharField(max_length=13, blank=True, help_text="Blank: a complete answer.")
    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="Blank: unknown."
    )

    answers = models.PositiveIntegerField(default=0)
    helpful = models.PositiveIntegerField(default=0)
    unhelpful = models.PositiveIntegerField(default=0)
    asked_again = models.PositiveIntegerField(default=0)
    handed_over = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    with_sources = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    doubted = models.PositiveIntegerField(default=0)
    escalated = models.PositiveIntegerField(default=0)
    judged = models.PositiveIntegerField(default=0)
    judged_cheap = models.FloatField(default=0, help_text="Sum of grades, each 0 to 1.")
    judged_both = models.PositiveIntegerField(default=0)
    judged_strong = models.FloatField(default=0, help_text="Sum of grades, each 0 to 1.")
    # How many took at most so many seconds, from the question to the end of the answer.
    within_1 = models.PositiveIntegerField(default=0)
    within_2 = models.PositiveIntegerField(default=0)
    within_4 = models.PositiveIntegerField(default=0)
    within_8 = models.PositiveIntegerField(default=0)
    within_16 = models.PositiveIntegerField(default=0)
    within_32 = models.PositiveIntegerField(default=0)
    # Of how many it is known when their first words came, and how many milliseconds that took at
    # most. Rows from before this was kept have none.
    first_words = models.PositiveIntegerField(default=0, db_default=0)
    first_within_250 = models.PositiveIntegerField(default=0, db_default=0)
    first_within_500 = models.PositiveIntegerField(default=0, db_default=0)
    first_within_1000 = models.PositiveIntegerField(default=0, db_default=0)
    first_within_2000 = models.PositiveIntegerField(default=0, db_default=0)
    first_within_4000 = models.PositiveIntegerField(default=0, db_default=0)
    first_within_8000 = models.PositiveIntegerField(default=0, db_default=0)
    # Of how many nothing came after in their conversation; of these, how many were no full answer,
    # and how many were one in a conversation that nobody rated.
    last = models.PositiveIntegerField(default=0, db_default=0)
    last_failed = models.PositiveIntegerField(default=0, db_default=0)
    last_unrated = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True


class AnswerHour(AnswerCounts):
    """Counts of one hour (UTC)."""

    hour = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "tier", "model", "task_type", "policy", "failure", "language"],
                name="monitor_one_row_per_hour_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(answers__gte=models.F("resolved")), name="monitor_resolved_are_answers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answers} answers from {self.hour:%Y-%m-%d %H:%M}"


class AnswerDay(AnswerCounts):
    """The hours of one day by the site's clock, added up: a twentieth of the rows to read."""

    day = models.DateTimeField(help_text="When it began.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "tier", "model", "task_type", "policy", "failure", "language"],
                name="monitor_one_row_per_day_and_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answers} answers from {self.day:%Y-%m-%d}"


class Refresh(models.Model):
    """When the hours were last counted, and by which zone's days they were added up: one row."""

    at = models.DateTimeField()
    zone = models.CharField(max_length=50, default="", db_default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="monitor_one_refresh")]

    def __str__(self) -> str:
        return f"Counted at {self.at:%Y-%m-%d %H:%M}"


class Grade(models.Model):
    """What a member of staff thinks of an answer, given without knowing what the judge said."""

    class Verdict(models.TextChoices):
        RIGHT = "right", "Right"
        PARTLY = "partly", "Partly right"
        WRONG = "wrong", "Wrong"
        UNSAFE = "unsafe", "Unsafe"

    reply = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="grades")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=6, choices=Verdict)
    graded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-graded_at"]
        constraints = [
            models.UniqueConstraint(fields=["reply", "by"], name="monitor_one_grade_per_person"),
            models.CheckConstraint(
                condition=Q(verdict__in=["right", "partly", "wrong", "unsafe"]),
                name="monitor_verdict_is_known",
            ),
        ]
        indexes = [models.Index(fields=["graded_at"], name="monitor_grades_by_time")]
        permissions = [("grade", "Can grade answers")]

    def __str__(self) -> str:
        return f"reply:{self.reply_id}: {self.get_verdict_display()}"


class ArticleDraft(models.Model):
    """An article that the strong model writes from staff's answers, for staff to look through."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        WRITING = "writing", "being written"
        WRITTEN = "written", "written"
        FAILED = "failed", "failed"

    article = models.OneToOneField(Article, on_delete=models.CASCADE, related_name="draft")
    replies = models.JSONField(help_text="Ids of the answers whose questions it is for.")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    why = models.CharField("why it failed", max_length=300, blank=True)
    # Null until it is written.
    cost = models.BigIntegerField(null=True, help_text="Nano-dollars.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Draft {self.pk}"

    @property
    def shown_cost(self) -> str:
        return "" if self.cost is None else money.shown(self.cost)
