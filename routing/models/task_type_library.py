"""The task types as a whole."""

import uuid

from django.db import models
from django.db.models import Q


class LibraryManager(models.Manager["Library"]):
    def change(self, **learned: str) -> None:
        """Say that the task types have changed, or what has been `learned` from them."""
        self.update_or_create(id=1, defaults={"edition": uuid.uuid4().hex, **learned})


class Library(models.Model):
    """The task types as a whole: one row, read with the policy, tells workers what to load."""

    edition = models.CharField(max_length=32, help_text="Changes with every change of a task type.")
    recogniser = models.TextField(blank=True, help_text="What was learned from the examples.")
    taught = models.CharField(max_length=64, blank=True, help_text="SHA-256 of those examples.")

    objects = LibraryManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="routing_one_library")]

    def __str__(self) -> str:
        return f"Edition {self.edition}"
