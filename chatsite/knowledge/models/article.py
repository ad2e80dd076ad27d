"""Articles: what the shop knows, for customers to read and answers to quote; and their versions."""

from datetime import datetime
from typing import Any, Self

from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.safestring import SafeString

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
        help_text="Signed-in customers are those whom your site has signed in to the widget. The "
        "help pages cannot recognise them, so only answers use these articles. Articles "
        "for staff only are used for reply drafts in the inbox.",
    )
    valid_from = models.DateTimeField(
        null=True, blank=True, help_text="Not shown before this time. Blank: shown at once."
    )
    valid_until = models.DateTimeField(
        null=True, blank=True, help_text="Not shown from this time on. Blank: no end."
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
    digest = models.CharField(max_length=64, help_text="SHA-256 of the imported text.")
    version = models.PositiveIntegerField(help_text="Version of the article after the import.")

    def __str__(self) -> str:
        return self.source
