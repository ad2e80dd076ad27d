"""The rules by which a tier is chosen, in versions."""

from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from routing.errors import AppendOnly
from routing.models.learned_model import LearnedModel
from routing.policy_changes import phrase

LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 1, 11
# Tokens.
LOWEST_OUTPUT, HIGHEST_OUTPUT = 16, 4096
HIGHEST_TEMPERATURE = 2
LONGEST_SCORE_WAIT = 5
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
_score_wait = (
    MinValueValidator(0, "At least 0: then the model's score is only for the next who asks."),
    MaxValueValidator(LONGEST_SCORE_WAIT, "At most 5 seconds: the call is given up then."),
)
_doubt_threshold = (
    MinValueValidator(0, "At least 0: then every cheap answer is written again."),
    MaxValueValidator(1, "At most 1: then no answer is checked."),
)
_call_seconds = (
    MinValueValidator(5, "At least 5 seconds: less is no answer."),
    MaxValueValidator(80, "At most 80 seconds: each message ends within 90."),
)
_model_name = RegexValidator(r"^\S+\Z", "A model's name as the provider lists it, without spaces.")


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
        LEARNED = (
            "learned",
            "learned: by the model that is shipped, until it has learned from the site's labels",
        )
        RULES = "rules", "rules: local, at once, without a call"
        MODEL = "model", "model: the cheap tier rates each message by the criteria"
        COMBINED = "combined", "combined: as learned, and the model where that is uncertain"

    class Doubted(models.TextChoices):
        QUOTE = "quote", "quote what the articles say, and offer a person"
        SHOW = "show", "show the answer anyway"

    class Unchecked(models.TextChoices):
        SHOW = "show", "show it"
        STRONG = "strong", "let the strong model answer"
        PERSON = "person", "say that nothing could be confirmed, and offer a person"

    # What an operator sets, and what a return to a version copies.
    SETTINGS = (
        "threshold",
        "analyzer",
        "band",
        "score_wait",
        "learned_analyzer",
        "criteria",
        "doubt_threshold",
        "learned_verifier",
        "doubted_answers",
        "unconfirmed_text",
        "unchecked_answers",
        "link_hosts",
        "cheap_model",
        "cheap_successor",
        "cheap_output_limit",
        "strong_model",
        "strong_successor",
        "strong_output_limit",
        "temperature",
        "call_seconds",
        "embedding_model",
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
        help_text="What scores a message. The model costs a call and some of the customer's time; "
        "when it is too slow the local score decides, and the model's is kept for the next who "
        "asks the same.",
    )
    # Null: as long as the model usually takes.
    score_wait = models.FloatField(
        "wait for the model's score (s)",
        null=True,
        blank=True,
        validators=_score_wait,
        help_text="Model and combined only: seconds after which the local score decides, 0 to 5. "
        "Empty: as long as 95 of 100 scores took lately, at most 1.5 s.",
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
        help_text="By what learned and combined score. None: the model of the first day. "
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
        help_text="Doubt from which an answer is not shown as fact; doubts go from 0 to 1. A cheap "
        "answer is then written again by the strong model. 0: each one. 1: none, unless it has "
        "the assistant's instructions or foreign links.",
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
    doubted_answers = models.CharField(
        max_length=5,
        choices=Doubted,
        default=Doubted.QUOTE,
        db_default=Doubted.QUOTE,
        help_text="What customers read where an answer is still doubted: the strong model wrote "
        "it, or there is no budget or time left for the strong model. Answers with the "
        "assistant's instructions or with foreign links are never shown.",
    )
    unconfirmed_text = models.TextField(
        "wording",
        blank=True,
        default="",
        db_default="",
        max_length=500,
        help_text="Stands before the quotations. Empty: a sentence in the customer's language that "
        "says that no answer could be confirmed, and offers a person.",
    )
    unchecked_answers = models.CharField(
        max_length=6,
        choices=Unchecked,
        default=Unchecked.SHOW,
        db_default=Unchecked.SHOW,
        help_text="What becomes of answers for which no article was found, so that they cannot be "
        "checked. Greetings and thanks are such answers too.",
    )
    link_hosts = models.TextField(
        "allowed links",
        blank=True,
        default="",
        db_default="",
        max_length=2000,
        help_text="Sites that answers may link to besides those that their articles name, one a "
        "line: example.com allows www.example.com as well.",
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
    embedding_model = models.CharField(
        max_length=100,
        blank=True,
        default="text-embedding-3-small",
        validators=[_model_name],
        help_text="Finds articles by meaning, in any language; the price catalogue must know it. "
        "After a change all articles are embedded again. Empty: search by words alone.",
    )

    call_seconds = models.PositiveIntegerField(
        "longest call (seconds)",
        default=60,
        db_default=60,
        validators=_call_seconds,
        help_text="A call is ended after so long, even if the model is still thinking or writing. "
        "Silence ends it sooner. 5 to 80.",
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
                condition=Q(doubted_answers__in=["quote", "show"])
                & Q(unchecked_answers__in=["show", "strong", "person"]),
                name="routing_answers_in_doubt_are_known",
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
                condition=Q(call_seconds__gte=5, call_seconds__lte=80),
                name="routing_call_seconds_in_range",
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
    def allowed_hosts(self) -> tuple[str, ...]:
        return tuple(self.link_hosts.split())

    @property
    def models(self) -> set[str]:
        """The names of all models that may answer by it."""
        names = {self.cheap_model, self.cheap_successor, self.strong_model, self.strong_successor}
        return names - {""}

    def changes_from(self, before: "Policy") -> list[str]:
        """What is different, a phrase for each setting: "threshold 7 → 6.5"."""
        pairs = [(name, getattr(before, name), getattr(self, name)) for name in self.SETTINGS]
        return [phrase(name, old, new) for name, old, new in pairs if old != new]

    @property
    def changes(self) -> list[str]:
        """What this version changed when it came into force."""
        return self.changes_from(self.replaces) if self.replaces else ["the first version"]
