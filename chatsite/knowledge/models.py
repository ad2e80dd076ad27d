"""Articles: what the shop knows, for customers to read and answers to quote; and their vectors."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.safestring import SafeString

from billing import clock
from chatsite import markdown

LANGUAGES = {
    "ar": "Arabic",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "zh": "Chinese",
}


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> Self:
        """Whoever may read them, and whenever."""
        return self.filter(published=True)

    def readable(self, reader: "Article.Audience", now: datetime) -> Self:
        """What this reader may read at this moment."""
        begun = Q(valid_from=None) | Q(valid_from__lte=now)
        lasts = Q(valid_until=None) | Q(valid_until__gt=now)
        return self.published().filter(begun, lasts, audience__in=reader.reads)


class Article(models.Model):
    class Audience(models.TextChoices):
        """Each reads what those before it read."""

        EVERYONE = "everyone", "everyone"
        SIGNED_IN = "signed_in", "signed-in customers"
        STAFF = "staff", "staff only"

        @property
        def reads(self) -> "list[Article.Audience]":
            every = list(Article.Audience)
            return every[: every.index(self) + 1]

    title = models.CharField(max_length=200, help_text="Use words that customers use.")
    slug = models.SlugField(
        max_length=80, unique=True, help_text="Address of the article under /help/."
    )
    # PostgreSQL refuses to index a text of a megabyte.
    body = models.TextField(max_length=50_000, help_text="Markdown.")
    language = models.CharField(
        max_length=2,
        blank=True,
        choices=LANGUAGES,
        help_text="Language of the article, for the search. Blank: detected from the text.",
    )
    published = models.BooleanField(
        default=True, help_text="If off, neither customers nor the assistant see the article."
    )
    audience = models.CharField(
        max_length=9,
        choices=Audience,
        default=Audience.EVERYONE,
        db_default=Audience.EVERYONE.value,
        help_text="Signed-in customers are those whom your site has signed in to the widget; the "
        "help pages do not know them. What is for staff only serves drafts in the inbox.",
    )
    valid_from = models.DateTimeField(
        null=True, blank=True, help_text="Not shown before. Empty: at once."
    )
    valid_until = models.DateTimeField(
        null=True, blank=True, help_text="Not shown from then on. Empty: for good."
    )
    # Counts saves: what an answer quoted can be told from what stands here now.
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # Who made this version: an account, or what was at work.
    saved_by = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_until__gt=F("valid_from")),
                name="knowledge_article_ends_after_it_begins",
                violation_error_message="An article cannot end before it begins.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, by: str = "", **kwargs: Any) -> None:
        """Saving a stored article whole makes a new version of it; the one before is kept."""
        self.saved_by = by
        with transaction.atomic():
            if not self._state.adding:
                self.version = ArticleVersion.objects.keep(self.pk) + 1
            super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("knowledge:article", args=[self.slug])

    @property
    def html(self) -> SafeString:
        return markdown.article(self.body)

    def validity(self, now: datetime) -> str:
        """`scheduled`, `expired`, or blank while it is valid."""
        if self.valid_from and now < self.valid_from:
            return "scheduled"
        return "expired" if self.valid_until and self.valid_until <= now else ""


class ArticleVersionManager(models.Manager["ArticleVersion"]):
    # Of an article: what a program that writes every minute can fill.
    MOST = 100

    def keep(self, article_id: int) -> int:
        """Keep an article as it stands, inside a transaction; its version's number."""
        now = Article.objects.select_for_update().get(pk=article_id)
        fields = {name: getattr(now, name) for name in ArticleVersion.SETTINGS}
        self.get_or_create(
            article=now,
            number=now.version,
            defaults={**fields, "saved_by": now.saved_by, "saved_at": now.updated_at},
        )
        self.filter(article=now, number__lte=now.version - self.MOST).delete()
        return now.version


class ArticleVersion(models.Model):
    """What an article was before it was saved again. The newest are kept; all go with it."""

    SETTINGS = (
        "title",
        "body",
        "language",
        "published",
        "audience",
        "valid_from",
        "valid_until",
    )

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    language = models.CharField(max_length=2, blank=True)
    published = models.BooleanField()
    audience = models.CharField(max_length=9, choices=Article.Audience)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    saved_by = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField()

    objects = ArticleVersionManager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "number"], name="knowledge_one_of_each_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    def restored(self) -> Article:
        """The article as it was then, at its present address; not saved."""
        for name in self.SETTINGS:
            setattr(self.article, name, getattr(self, name))
        return self.article


class ArticleSource(models.Model):
    """Where an article came from, and how: what changed there, or here, can be told."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, related_name="source")
    source = models.CharField(max_length=2100, unique=True, help_text="An address, or a file.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what came.")
    version = models.PositiveIntegerField(help_text="The article's, as it was taken over.")

    def __str__(self) -> str:
        return self.source


class ImportQuerySet(models.QuerySet["Import"]):
    def waiting(self) -> Self:
        """Those that no process carries out, or that died with theirs."""
        lost = Q(state=Import.State.RUNNING, heard_at__lt=clock.now() - Import.LOST_AFTER)
        return self.filter(Q(state=Import.State.WAITING) | lost)


class Import(models.Model):
    """Files or pages that become articles; also the job that does it."""

    class Kind(models.TextChoices):
        FILES = "files", "files"
        SITE = "site", "web pages"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for a worker"
        RUNNING = "running", "under way"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    # A process that has not been heard of for so long has died.
    LOST_AFTER = timedelta(minutes=5)

    kind = models.CharField(max_length=5, choices=Kind)
    addresses = models.TextField(blank=True)
    publish = models.BooleanField(default=False, help_text="New articles are published at once.")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=list, help_text="What was left out, and why.")
    begun_at = models.DateTimeField(auto_now_add=True)
    # Null until a worker has it; until it has ended.
    heard_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Import {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}


class ImportFile(models.Model):
    """A file until it is read."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class Edition(models.Model):
    """Which state the articles are in: one row that triggers write, whoever changes an article."""

    value = models.CharField(max_length=32, help_text="Changes with every change of an article.")
    # Counts changes of the stored embeddings, which are no change of the articles.
    embedded = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="knowledge_one_edition")]

    def __str__(self) -> str:
        return self.value


class Embedding(models.Model):
    """What a passage means to a model: kept by its words, so that moving them costs no call.

    Those of two models stand side by side until all passages have the new one's.
    """

    digest = models.BinaryField(max_length=16, help_text="Hash of the passage with its headings.")
    model = models.CharField(max_length=100)
    vector = models.BinaryField(help_text="Normalised to length 1, two bytes per number.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "digest"], name="knowledge_one_embedding")
        ]

    def __str__(self) -> str:
        return f"{bytes(self.digest).hex()} by {self.model}"
