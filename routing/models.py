"""What decides which model answers, and what was decided."""

import difflib
import textwrap
import uuid
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.choice import MOST_REASONS, Tier, flip
from routing.errors import AppendOnly

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 1, 11
# Tokens.
LOWEST_OUTPUT, HIGHEST_OUTPUT = 16, 4096
HIGHEST_TEMPERATURE = 2
WIDEST_BAND = 9  # from 1 to 10: every message

CRITERIA = """\
Rate how hard it is to answer the customer well.
1-2: one fact that an article states: opening hours, a price, a phone number; or small talk.
3-4: one plain question in which a detail has to be matched: a country, a date, a product.
5-6: two questions, or steps to explain.
7-8: several separate or numbered questions, conditions to weigh against each other, a comparison, \
a calculation, an exception to a rule, or a customer who asks the same again.
9-10: something grave: health, safety, legal action, a disputed payment, a stolen account; or a \
long case with many conditions.
Length alone does not make a message hard. A short message about something grave is a 9."""

_threshold = (
    MinValueValidator(LOWEST_THRESHOLD, "At least 1: then every answer is the strong tier's."),
    MaxValueValidator(HIGHEST_THRESHOLD, "At most 11: above 10 no answer is the strong tier's."),
)
_output_limit = (
    MinValueValidator(LOWEST_OUTPUT, "At least 16 tokens: less is no sentence."),
    MaxValueValidator(HIGHEST_OUTPUT, "At most 4096 tokens: the default models write no more."),
)
_temperature = (
    MinValueValidator(0, "At least 0."),
    MaxValueValidator(HIGHEST_TEMPERATURE, "At most 2: the provider refuses more."),
)
_band = (
    MinValueValidator(0, "At least 0: then a model is asked at the threshold itself alone."),
    MaxValueValidator(WIDEST_BAND, "At most 9: then a model is asked about every message."),
)
_doubt_threshold = (
    MinValueValidator(0, "At least 0: then every cheap answer is written again."),
    MaxValueValidator(1, "At most 1: then no answer is checked."),
)
_model_name = RegexValidator(r"^\S+\Z", "A model's name as the provider lists it, without spaces.")


class LearnedModel(models.Model):
    """What was fitted to the site's labels. Written once; in use where a policy names it."""

    class Kind(models.TextChoices):
        ANALYZER = "analyzer", "which tier answers"
        VERIFIER = "verifier", "which answers are checked again"

    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField(help_text="As `learned.read` or `verifier.read` takes it.")
    labels = models.PositiveIntegerField(help_text="Replies that it was fitted to.")
    # Measures on replies that it had not seen, by their names; dearer to make than to keep.
    evaluation = models.JSONField(default=dict, blank=True)
    fitted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-fitted_at"]
        verbose_name = "learned model"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["analyzer", "verifier"]), name="routing_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"model {self.pk} of {self.labels} labels"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{self} is not edited: workers keep what they have read of it")
        super().save(*args, **kwargs)


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self) -> Self:
        """The version that decides: one row."""
        return self.filter(is_current=True)

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("Versions of the policy are not edited: adopt another one")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("Versions of the policy are not deleted: decisions refer to them")


class Policy(models.Model):
    """One version of the rules. `policies.adopt()` adds versions; nothing changes them."""

    class Analyzer(models.TextChoices):
        LEARNED = "learned", "learned: as the rules, until it has learned from the site's labels"
        RULES = "rules", "rules: local, at once, without a call"
        MODEL = "model", "model: the cheap tier rates each message by the criteria"
        COMBINED = "combined", "combined: as learned, and the model where that is uncertain"

    # What an operator sets, and what a return to a version copies.
    SETTINGS = (
        "threshold",
        "analyzer",
        "band",
        "learned_analyzer",
        "criteria",
        "doubt_threshold",
        "learned_verifier",
        "cheap_model",
        "cheap_successor",
        "cheap_output_limit",
        "strong_model",
        "strong_successor",
        "strong_output_limit",
        "temperature",
    )

    version = models.PositiveIntegerField(unique=True, editable=False)
    is_current = models.BooleanField("in force", default=False, editable=False)
    created_at = models.DateTimeField("saved at", default=timezone.now, editable=False)
    # Null for the version that the site came with.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.CharField(
        max_length=300, help_text="Why, for those who read the history of versions later."
    )
    # What was in force before; null for the first version.
    replaces = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    threshold = models.FloatField(
        default=7,
        validators=_threshold,
        help_text="Score from which the strong tier answers; scores go from 1 to 10. "
        "1: it answers everything. 11: it answers nothing.",
    )
    analyzer = models.CharField(
        max_length=16,
        choices=Analyzer,
        default=Analyzer.LEARNED,
        help_text="What scores a message. The model costs a call; a customer waits at most 0.3 s "
        "for it, then the local score decides, and the model's is kept for the next who asks.",
    )
    band = models.FloatField(
        "uncertain band",
        default=1.5,
        validators=_band,
        help_text="Combined only: the model is asked where the local score is within so many "
        "points of the threshold. 9: about every message.",
    )
    # Null until the site has learned from its labels: its first day.
    learned_analyzer = models.ForeignKey(
        LearnedModel,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": LearnedModel.Kind.ANALYZER},
        help_text="By what learned and combined score. None: as on the first day, by the rules. "
        "Another one has another scale: the threshold has to move with it.",
    )
    criteria = models.TextField(
        "scoring criteria",
        default=CRITERIA,
        max_length=4000,
        help_text="By what the model rates messages from 1 to 10; the rules do not read them. "
        "Scores kept from other criteria are not used.",
    )
    doubt_threshold = models.FloatField(
        default=0.6,
        validators=_doubt_threshold,
        help_text="Doubt from which the strong tier writes a finished cheap answer again; doubts "
        "go from 0 to 1. 0: each one. 1: none, and none is checked.",
    )
    learned_verifier = models.ForeignKey(
        LearnedModel,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": LearnedModel.Kind.VERIFIER},
        help_text="By what answers are doubted. None: as on the first day.",
    )
    cheap_model = models.CharField(
        max_length=100,
        default="gpt-3.5-turbo",
        validators=[_model_name],
        help_text="As the provider lists it; the price catalogue must know it.",
    )
    cheap_successor = models.CharField(
        max_length=100,
        blank=True,
        default="gpt-5.6-terra",
        validators=[_model_name],
        help_text="Answers once the provider no longer has the model. Empty: nothing does.",
    )
    cheap_output_limit = models.PositiveIntegerField(
        default=500, validators=_output_limit, help_text="Tokens of one answer, 16 to 4096."
    )
    strong_model = models.CharField(
        max_length=100,
        default="gpt-4",
        validators=[_model_name],
        help_text="As the provider lists it; the price catalogue must know it.",
    )
    strong_successor = models.CharField(
        max_length=100,
        blank=True,
        default="gpt-5.6-sol",
        validators=[_model_name],
        help_text="Answers once the provider no longer has the model. Empty: nothing does.",
    )
    strong_output_limit = models.PositiveIntegerField(
        default=900, validators=_output_limit, help_text="Tokens of one answer, 16 to 4096."
    )
    temperature = models.FloatField(
        default=0.3,
        validators=_temperature,
        help_text="0 to 2. Low: the same question gets the same answer. High: freer wording.",
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = "policy version"
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=Q(is_current=True),
                name="routing_one_policy_in_force",
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=1, threshold__lte=11), name="routing_threshold_in_range"
            ),
            models.CheckConstraint(
                condition=Q(doubt_threshold__gte=0, doubt_threshold__lte=1),
                name="routing_doubt_threshold_in_range",
            ),
            models.CheckConstraint(
                condition=Q(cheap_output_limit__gte=16, cheap_output_limit__lte=4096)
                & Q(strong_output_limit__gte=16, strong_output_limit__lte=4096),
                name="routing_output_limits_in_range",
            ),
            models.CheckConstraint(
                condition=Q(temperature__gte=0, temperature__lte=2),
                name="routing_temperature_in_range",
            ),
            models.CheckConstraint(
                condition=~Q(cheap_model="") & ~Q(strong_model=""), name="routing_models_are_named"
            ),
            models.CheckConstraint(
                condition=Q(analyzer__in=["learned", "rules", "model", "combined"]),
                name="routing_analyzer_is_known",
            ),
            models.CheckConstraint(
                condition=Q(band__gte=0, band__lte=9), name="routing_band_in_range"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="routing_policy_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"Version {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(f"{self} is not edited: adopt another one")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly(f"{self} is not deleted: decisions refer to it")

    def draft(self) -> "Policy":
        """An unsaved version with the same settings."""
        return Policy(**{name: getattr(self, name) for name in self.SETTINGS})

    @property
    def models(self) -> set[str]:
        """The names of all models that may answer by it."""
        names = {self.cheap_model, self.cheap_successor, self.strong_model, self.strong_successor}
        return names - {""}

    def changes_from(self, before: "Policy") -> list[str]:
        """What is different, a phrase for each setting: "threshold 7 → 6.5"."""
        found = []
        for name in self.SETTINGS:
            old, new = getattr(before, name), getattr(self, name)
            if old == new:
                continue
            if name == "criteria":
                found.append(f"scoring criteria {_changed_lines(old, new)}")
            else:
                found.append(f"{name.replace('_', ' ')} {_in_words(old)} → {_in_words(new)}")
        return found

    @property
    def changes(self) -> list[str]:
        """What this version changed when it came into force."""
        return self.changes_from(self.replaces) if self.replaces else ["the first version"]


class TrialQuerySet(models.QuerySet["Trial"]):
    def running(self) -> Self:
        """The trial that runs: one row at most."""
        return self.filter(state=Trial.State.RUNNING)


class Trial(models.Model):
    """A second version of the policy that runs beside the one in force. `trials` has its verbs."""

    class Kind(models.TextChoices):
        SHADOW = "shadow", "shadow: decides beside, without effect"
        AB = "ab", "A/B test: answers a share of conversations"

    class State(models.TextChoices):
        RUNNING = "running"
        STOPPED = "stopped"
        ADOPTED = "adopted", "its version was adopted"
        OVERTAKEN = "overtaken", "another version came into force"

    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="+", help_text="What is tried."
    )
    control = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="+", help_text="What was in force."
    )
    share = models.PositiveSmallIntegerField(
        help_text="Percent of conversations that it decides for, or beside."
    )
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Null while it runs.
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="routing_one_trial_at_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="shadow", share=100) | Q(kind="ab", share__gte=1, share__lte=99),
                name="routing_a_trial_has_a_share",
            ),
            models.CheckConstraint(
                condition=~Q(policy=models.F("control")), name="routing_a_trial_tries_another"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="routing_a_trial_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Trial {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING


class RouteDecision(models.Model):
    """Which tier a reply went to, and all that it takes to decide again by another policy."""

    reference = models.CharField(max_length=100, help_text="Whose reply: reply:12.")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    tier = models.CharField(max_length=6, choices={tier.value: tier.name.lower() for tier in Tier})
    score = models.FloatField(help_text="1 to 10.")
    threshold = models.FloatField(help_text="Score from which the strong tier answered.")
    analyzer = models.CharField(max_length=32, help_text="What gave the score, and its stage.")
    reason = models.TextField()
    features = models.JSONField(help_text="What the rules saw; weighed again, it scores the same.")
    moved = models.JSONField(
        "what moved the score",
        default=list,
        help_text="Features with the points by which they raised or lowered it.",
    )
    detour = models.TextField(
        blank=True, help_text="Why another model was asked than the tier's own."
    )
    task_type = models.CharField(max_length=80, blank=True, help_text="Blank: none recognised.")
    # Null where no task type was recognised.
    similarity = models.FloatField(null=True, help_text="0 to 1, to the task type's examples.")
    recognised_by = models.CharField(max_length=300, blank=True)
    pinned = models.CharField(
        max_length=6, blank=True, help_text="The tier that the task type wants at any threshold."
    )
    # Null unless a trial ran; the next two, unless its version decided beside, without effect.
    trial = models.ForeignKey(
        Trial, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    shadow_tier = models.CharField(max_length=6, blank=True)
    shadow_score = models.FloatField(null=True)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-decided_at"]
        indexes = [
            models.Index(fields=["decided_at"], name="routing_decisions_by_time"),
            models.Index(
                fields=["trial"],
                condition=Q(trial__isnull=False),
                name="routing_decisions_by_trial",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="routing_one_decision_per_reply"),
            models.CheckConstraint(
                condition=Q(score__gte=1, score__lte=10), name="routing_score_in_range"
            ),
            models.CheckConstraint(
                condition=Q(tier__in=["cheap", "strong"]), name="routing_tier_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} → {self.tier}"

    @property
    def flip(self) -> str:
        """At which threshold the other tier would have answered, in words."""
        return "" if self.pinned else flip(self.tier, self.score, self.threshold)


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def doubted(self) -> Self:
        """Of answers that the strong tier was to write again, whatever came of it."""
        return self.exclude(outcome=Verdict.Outcome.TRUSTED)


class Verdict(models.Model):
    """What the verifier held of a reply's cheap answer, and what came of it."""

    class Outcome(models.TextChoices):
        TRUSTED = "trusted", "the doubt is below the threshold: it stands"
        ESCALATED = "escalated", "the strong tier writes it again"
        REPLACED = "replaced", "the strong tier's answer replaced it"
        NO_ROOM = "no_room", "it stands: no budget had room for the strong tier"
        NO_TIME = "no_time", "it stands: there was no time left for the strong tier"
        FAILED = "failed", "it stands: the strong tier failed"
        STOPPED = "stopped", "a person took over before the strong tier had answered"

    reference = models.CharField(max_length=100, help_text="Whose reply: reply:12.")
    call = models.CharField(max_length=100, help_text="What wrote the answer: reply:12:1.")
    doubt = models.FloatField(help_text="0 to 1, that the cheap answer will do: 0, it will.")
    threshold = models.FloatField(help_text="Doubt from which it was to be written again.")
    verifier = models.CharField(max_length=32, help_text="What gave the doubt, and its stage.")
    findings = models.JSONField(help_text="What moved the doubt, with points of ten.")
    features = models.JSONField(help_text="What the verifier measured; weighed again, the same.")
    outcome = models.CharField(max_length=9, choices=Outcome)
    checked_at = models.DateTimeField(default=timezone.now)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["-checked_at"]
        indexes = [models.Index(fields=["checked_at"], name="routing_verdicts_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="routing_one_verdict_per_reply"),
            models.CheckConstraint(
                condition=Q(doubt__gte=0, doubt__lte=1), name="routing_doubt_in_range"
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "trusted",
                        "escalated",
                        "replaced",
                        "no_room",
                        "no_time",
                        "failed",
                        "stopped",
                    ]
                ),
                name="routing_outcome_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call}: doubt {self.doubt:.2f}"

    @property
    def reason(self) -> str:
        """A sentence for the receipt."""
        reaches = self.outcome != self.Outcome.TRUSTED
        verdict = f"Doubt {self.doubt:.2f} {'reaches' if reaches else 'is below'} "
        verdict += f"{self.threshold:.2f}"
        raised = [name for name, points in self.findings if points > 0][:MOST_REASONS]
        return f"{verdict}: {'; '.join(raised) or 'nothing found'}."


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

    name = models.CharField(max_length=80, unique=True, help_text="As it stands on receipts.")
    description = models.CharField(max_length=300, blank=True)
    examples = models.TextField(
        max_length=50_000,
        help_text="What customers write, one message a line, in their own words and languages. "
        "Ten or more that differ tell it best.",
    )
    phrases = models.TextField(
        max_length=5_000,
        blank=True,
        help_text="One a line. A message that holds one of them word for word is of this type, "
        "whatever else it says.",
    )
    tier = models.CharField(
        max_length=6,
        blank=True,
        choices={tier.value: f"always the {tier.value} tier" for tier in Tier},
        help_text="Blank: as the score says. What is grave goes to the strong tier even so.",
    )
    points = models.FloatField(
        "points added to the score",
        default=0,
        validators=[MinValueValidator(-9), MaxValueValidator(9)],
        help_text="-9 to 9. Above 0, the strong tier answers more of them; below, the cheap one.",
    )
    approved_answer = models.TextField(
        max_length=10_000, blank=True, help_text="Markdown. Given as it stands, without a call."
    )
    answers_itself = models.BooleanField(
        "give the approved answer at once",
        default=False,
        help_text="To a first message that is certainly of this type and where nothing is at "
        "stake. Otherwise it is given only where a budget leaves no room for a call.",
    )
    cacheable = models.BooleanField(
        "answers may be given again",
        default=False,
        help_text="To the same first question, while articles and policy stay as they are. Not "
        "where the answer depends on who asks: an order, an account.",
    )
    active = models.BooleanField(default=True, help_text="Messages are recognised as it.")
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


class LibraryManager(models.Manager["Library"]):
    def change(self, **learned: str) -> None:
        """Say that the task types have changed, or what has been `learned` from them."""
        self.update_or_create(id=1, defaults={"edition": uuid.uuid4().hex, **learned})


class Library(models.Model):
    """The task types as a whole: one row, read with the policy, tells workers what to load."""

    edition = models.CharField(max_length=32, help_text="Another one after each change.")
    recogniser = models.TextField(blank=True, help_text="What was learned from the examples.")
    taught = models.CharField(max_length=64, blank=True, help_text="SHA-256 of those examples.")

    objects = LibraryManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="routing_one_library")]

    def __str__(self) -> str:
        return f"Edition {self.edition}"


class CachedScore(models.Model):
    """A model's score, kept for whoever asks the same. Holds no words of a customer."""

    key = models.CharField(max_length=64, help_text="SHA-256 of words, criteria and model.")
    score = models.PositiveSmallIntegerField(help_text="1 to 10.")
    scored_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["scored_at"], name="routing_scores_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="routing_one_score_per_key"),
            models.CheckConstraint(
                condition=Q(score__gte=1, score__lte=10), name="routing_cached_score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} of 10"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _in_words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value in (None, "") else str(value)


def _changed_lines(old: str, new: str) -> str:
    """Which lines went and which came, in short."""
    lines = [
        line
        for line in difflib.ndiff(old.splitlines(), new.splitlines())
        if line.startswith(("- ", "+ "))
    ]
    gone = " ".join(line[2:] for line in lines if line.startswith("-"))
    come = " ".join(line[2:] for line in lines if line.startswith("+"))
    phrases = [
        f"{verb} “{textwrap.shorten(words, 160, placeholder=' …')}”"
        for verb, words in (("without", gone), ("with", come))
        if words
    ]
    return ", ".join(phrases) or "spaced differently"
