"""Accounts that still have the password they were given, and the log of what people do."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class FirstPassword(models.Model):
    """A password that another chose for a user, as hashed: whoever still has it must change it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="first_password"
    )
    hashed = models.CharField(max_length=128, editable=False)

    def __str__(self) -> str:
        return f"First password of {self.user}"


class AppendOnly(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> int:
        raise TypeError("The audit log cannot be changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit log cannot be changed")


class AuditEntry(models.Model):
    """What somebody did. Names are kept as words: accounts and objects may be gone."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    who = models.CharField(max_length=150)
    action = models.CharField(max_length=20)
    model = models.CharField(max_length=100, blank=True)
    what = models.CharField(max_length=200, blank=True)
    object_id = models.CharField(max_length=200, blank=True)
    details = models.TextField(blank=True)

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name_plural = "audit log"
        ordering = ["-id"]
        indexes = [models.Index(fields=["-at"], name="staff_audit_by_time")]

    def __str__(self) -> str:
        return f"{self.who} {self.action} {self.what}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("The audit log cannot be changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit log cannot be changed")
