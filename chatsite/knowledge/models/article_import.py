"""Imports of articles, which are also the jobs that carry them out."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from billing import clock


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
