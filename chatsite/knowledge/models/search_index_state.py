"""What the search knows of the articles: which state they are in, and what their passages mean."""

from django.db import models
from django.db.models import Q


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
