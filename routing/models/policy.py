"""The rules by which a tier is chosen, in versions."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from routing.errors import AppendOnly
from routing.models import policy_limits
from routing.models.learned_model import LearnedModel
from routing.policy_changes import phrase


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
        LEARNED = "learned", "learned: a small model on this server"
        RULES = "rules", "rules: fixed rules on this server"
        MODEL = "model", "model: the cheap model rates each message by the scoring criteria"
        COMBINED = (
            "combined",
            "combined: learned, and the cheap model when the score is near the threshold",
        )

    class Doubted(models.TextChoices):
        QUOTE = "quote", "quote the articles and offer a person"
        SHOW = "show", "show the answer anyway"

    class Unchecked(models.TextChoices):
        SHOW = "show", "show the answer"
        STRONG = "strong", "have the strong model answer"
        PERSON = "person", "say that the answer could not be confirmed, and offer a person"

    # What an operator sets, and what a return to a version copies.
    SETTINGS = (
        "threshold",
        "analyzer",
        "band",
        "score_wait",
        "learned_analyzer",
        "criteria",
        "doubt_threshold",
        "claims_band",
        "learned_verifier",
        "doubted_answers",
        "unconfirmed_text",
        "unchecked_answers",
        "link_hosts",
        *("cheap_model", "cheap_successor", "cheap_output_limit"),
        *("strong_model", "strong_successor", "strong_output_limit"),
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
        max_length=300, help_text="Why you change it. Shown in the history of versions."
    )
    # What was in force before; null for the first version.
    replaces = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    threshold = models.FloatField(
        default=7,
        validators=policy_limits.THRESHOLD,
        help_text="Messages with this score or more go to the strong model. 1: all scored "
        "messages. 11: none. Task types with a fixed model are not affected.",
    )
    analyzer = models.CharField(
        max_length=16,
        choices=Analyzer,
        default=Analyzer.LEARNED,
        help_text="Who gives the score. Asking a model costs money and time. If the model is too "
        "slow, the learned score decides, and the model's score is saved for the next "
        "customer who asks the same.",
    )
    # Null: as long as the model usually takes.
    score_wait = models.FloatField(
        "longest wait for the model's score (s)",
        null=True,
        blank=True,
        validators=policy_limits.SCORE_WAIT,
        help_text="For model and combined only: after this many seconds the learned score "
        "decides, 0 to 5. Blank: the 95th percentile of recent scores, at most 1.5 s.",
    )
    band = models.FloatField(
        "uncertain band",
        default=1.5,
        validators=policy_limits.BAND,
        help_text="For combined only: the model is asked if the learned score is within this "
        "many points of the threshold. 9: about every message.",
    )
    # Null until the site has learned from its labels: its first day.
    learned_analyzer = models.ForeignKey(
        LearnedModel,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": LearnedModel.Kind.ANALYZER},
        help_text="The trained model used by learned and combined. Blank: the model that is "
        "shipped. Each model has its own scale, so check the threshold when you change it.",
    )
    criteria = models.TextField(
        "scoring criteria",
        default=policy_limits.CRITERIA,
        max_length=4000,
        help_text="For model and combined only: the instructions for rating a message from 1 to "
        "10. After a change, saved scores are not used any more.",
    )
    doubt_threshold = models.FloatField(
        default=0.6,
        validators=policy_limits.DOUBT_THRESHOLD,
        help_text="Answers with this much doubt or more, 0 to 1, are not shown as fact. If a "
        "cheap answer is doubted, the strong model writes it again. 0: every answer is "
        "doubted. 1: none is, except those that contain the assistant's instructions "
        "or links to other sites.",
    )
    claims_band = models.FloatField(
        "ask about claims",
        default=0,
        db_default=0,
        validators=policy_limits.CLAIMS_BAND,
        help_text="If the doubt is within this distance of the limit above, 0 to 1, the cheap "
        "model is asked whether the articles support each sentence of the answer. This "
        "costs one more call and the customer waits for it. 0: never.",
    )
    learned_verifier = models.ForeignKey(
        LearnedModel,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": LearnedModel.Kind.VERIFIER},
        help_text="The trained answer check. Blank: the check that is shipped.",
    )
    doubted_answers = models.CharField(
        max_length=5,
        choices=Doubted,
        default=Doubted.QUOTE,
        db_default=Doubted.QUOTE,
        help_text="What customers see if an answer stays in doubt: because the strong model wrote "
        "it, or because there is no budget or time left for the strong model. Answers that "
        "contain the assistant's instructions or links to other sites are never shown.",
    )
    unconfirmed_text = models.TextField(
        "wording",
        blank=True,
        default="",
        db_default="",
        max_length=500,
        help_text="Shown above the quotations. Blank: a sentence in the customer's language that "
        "says that no answer could be confirmed, and offers a person.",
    )
    unchecked_answers = models.CharField(
        max_length=6,
        choices=Unchecked,
        default=Unchecked.SHOW,
        db_default=Unchecked.SHOW,
        help_text="What customers see if no article was found, so that the answer cannot be "
        "checked. This includes answers to greetings and thanks.",
    )
    link_hosts = models.TextField(
        "allowed links",
        blank=True,
        default="",
        db_default="",
        max_length=2000,
        help_text="Sites that answers may link to, one per line. Sites named in the articles are "
        "always allowed. example.com also allows www.example.com.",
    )
    cheap_model = models.CharField(
        max_length=100,
        default="gpt-3.5-turbo",
        validators=[policy_limits.MODEL_NAME],
        help_text="The name in the provider's list. The model must have a price.",
    )
    cheap_successor = models.CharField(
        max_length=100,
        blank=True,
        default="gpt-5.6-terra",
        validators=[policy_limits.MODEL_NAME],
        help_text="Used when the provider no longer lists the model. Blank: no successor.",
    )
    cheap_output_limit = models.PositiveIntegerField(
        default=500,
        validators=policy_limits.OUTPUT_LIMIT,
        help_text="Longest answer in tokens, 16 to 4096.",
    )
    strong_model = models.CharField(
        max_length=100,
        default="gpt-4",
        validators=[policy_limits.MODEL_NAME],
        help_text="The name in the provider's list. The model must have a price.",
    )
    strong_successor = models.CharField(
        max_length=100,
        blank=True,
        default="gpt-5.6-sol",
        validators=[policy_limits.MODEL_NAME],
        help_text="Used when the provider no longer lists the model. Blank: no successor.",
    )
    strong_output_limit = models.PositiveIntegerField(
        default=900,
        validators=policy_limits.OUTPUT_LIMIT,
        help_text="Longest answer in tokens, 16 to 4096.",
    )
    temperature = models.FloatField(
        default=0.3,
        validators=policy_limits.TEMPERATURE,
        help_text="0 to 2. Low: the same question gets nearly the same answer. High: the wording "
        "varies.",
    )
    embedding_model = models.CharField(
        max_length=100,
        blank=True,
        default="text-embedding-3-small",
        validators=[policy_limits.MODEL_NAME],
        help_text="Used to find articles by meaning, in any language. The model must have a "
        "price. After a change, all articles are processed again. Blank: search by words only.",
    )

    call_seconds = models.PositiveIntegerField(
        "longest call (seconds)",
        default=60,
        db_default=60,
        validators=policy_limits.CALL_SECONDS,
        help_text="A call is cancelled after this many seconds, even if the model is still "
        "writing. 5 to 80. A silent model is cancelled sooner.",
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        verbose_name = "policy version"
        constraints = policy_limits.CONSTRAINTS

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
