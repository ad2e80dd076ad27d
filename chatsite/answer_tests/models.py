"""Answer tests: what is asked, what the answer must be, and the runs of sets of them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator

from billing import money
from chatsite.answer_tests import expectations
from chatsite.answer_tests.expectations import Wanted
from routing.tier_choice import Tier


class CaseSet(models.Model):
    name = models.CharField(max_length=80, unique=True)
    guards = models.BooleanField(
        "check before saving",
        default=True,
        help_text="Run before a policy, an article or a task type is saved. If a test that passes "
        "now would fail, the person who saves is asked first.",
    )

    class Meta:
        ordering = ["name"]
        verbose_name = "test set"

    def __str__(self) -> str:
        return self.name


class Case(models.Model):
    """A question with what its answer must be. Blank expectations are not checked."""

    class Person(models.TextChoices):
        OFFERED = "yes", "must be offered"
        NOT_OFFERED = "no", "must not be offered"

    set = models.ForeignKey(CaseSet, on_delete=models.CASCADE, related_name="cases")
    question = models.TextField(max_length=settings.MESSAGE_LENGTH)
    earlier = models.TextField(
        "earlier messages",
        blank=True,
        max_length=20_000,
        help_text="What was said before, one message per line, each beginning with “Customer:” or "
        "“Assistant:”.",
    )
    must_say = models.TextField(
        blank=True,
        max_length=4000,
        help_text="Facts that the answer must contain, one per line. Write different ways to say "
        "the same fact with | between them: 30 days | 30 Tage. Short facts work best, such as "
        "€14.95.",
    )
    must_not_say = models.TextField(
        blank=True, max_length=4000, help_text="What must not appear in the answer, one per line."
    )
    tier = models.CharField(
        "answered by",
        max_length=6,
        blank=True,
        choices={tier.value: f"the {tier.value} model" for tier in Tier},
    )
    sources = models.TextField(
        "articles",
        blank=True,
        max_length=2000,
        help_text="Articles that the answer must use, by the last part of their address, one per "
        "line.",
    )
    person = models.CharField("a person", max_length=3, blank=True, choices=Person)
    language = models.CharField(
        max_length=2, blank=True, help_text="Language of the answer, as two letters: en, de, fr."
    )
    # Null unless it was made from an answer; it goes with the customer's conversation.
    reply = models.ForeignKey(
        "chat.Message", null=True, blank=True, editable=False, on_delete=models.CASCADE
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["set", "id"]
        verbose_name = "answer test"
        constraints = [
            models.CheckConstraint(condition=~Q(question=""), name="answer_tests_ask_something"),
            models.CheckConstraint(
                condition=Q(tier__in=["", "cheap", "strong"]), name="answer_tests_tier_is_known"
            ),
            models.CheckConstraint(
                condition=Q(person__in=["", "yes", "no"]), name="answer_tests_person_is_known"
            ),
        ]

    def __str__(self) -> str:
        return Truncator(" ".join(self.question.split())).chars(120)

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            must_say=_lines(self.must_say),
            must_not_say=_lines(self.must_not_say),
            tier=self.tier,
            sources=_lines(self.sources),
            person=self.person == self.Person.OFFERED if self.person else None,
            language=self.language.lower(),
        )

    @property
    def said(self) -> list[tuple[str, str]]:
        """Who said what, the question last."""
        return [*expectations.turns(self.earlier), (expectations.CUSTOMER, self.question)]


class Run(models.Model):
    """Tests answered as the site stands and, if there is a change, as it would be with it."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "finished"
        STOPPED = "stopped", "stopped"

    # Null: all sets that are checked before saving.
    set = models.ForeignKey(CaseSet, null=True, blank=True, on_delete=models.CASCADE)
    change = models.JSONField(default=dict, help_text="The change that is compared. Blank: none.")
    what = models.CharField("compared", max_length=300, blank=True)
    digest = models.CharField(max_length=64, help_text="Hash of the change.")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    why = models.CharField("why it stopped", max_length=300, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Null until over.
    ended_at = models.DateTimeField(null=True)
    # Null unless a worker has it, or it waits for a batch until then.
    lease_until = models.DateTimeField(null=True)
    in_batch = models.BooleanField(
        default=False, db_default=False, help_text="Whether it runs in a batch, which costs less."
    )
    # Null unless it waits for a batch: when the provider has promised the answers.
    expected_at = models.DateTimeField(null=True)
    saved = models.BigIntegerField(
        default=0, db_default=0, help_text="Nano-dollars that the batch saved."
    )
    live_because = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="Why it left the batch."
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "test run"
        permissions = [("start_run", "Can run answer tests, which costs money")]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state="running"), name="answer_tests_open_runs"
            ),
        ]

    def __str__(self) -> str:
        return f"Test run {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state != self.State.RUNNING

    @property
    def shown_saving(self) -> str:
        return money.shown(self.saved)


class ResultQuerySet(models.QuerySet["Result"]):
    def waiting(self) -> Self:
        return self.filter(state=Result.State.WAITING)


class Result(models.Model):
    """One test of a run, as the site stands or with the change."""

    class Side(models.TextChoices):
        NOW = "now", "as it stands"
        CHANGED = "changed", "with the change"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        PASSED = "passed", "passed"
        FAILED = "failed", "failed"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="results")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="results")
    side = models.CharField(max_length=7, choices=Side)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    failures = models.JSONField(default=list)
    text = models.TextField(blank=True)
    tier = models.CharField(max_length=6, blank=True)
    # Null where no model was asked.
    score = models.FloatField(null=True)
    sources = models.JSONField(default=list)
    offers_person = models.BooleanField(default=False)
    amount = models.BigIntegerField(
        default=0, help_text="Nano-dollars. Saved answers cost nothing."
    )
    seconds = models.FloatField(default=0, help_text="Seconds that its calls took.")
    calls = models.PositiveSmallIntegerField(
        default=0, help_text="Calls made. Saved answers need none."
    )

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "case", "side"], name="answer_tests_one_result_per_side"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_state_display()}"

    @property
    def cost(self) -> str:
        return money.shown(self.amount)


class KnownAnswer(models.Model):
    """What a model said to exactly this request: it is not asked, and paid for, again."""

    digest = models.CharField(max_length=64, unique=True)
    text = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=20)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="answer_tests_known_by_use")]

    def __str__(self) -> str:
        return self.digest[:12]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
