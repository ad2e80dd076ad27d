"""Accounts that still have the password they were given."""

from django.conf import settings
from django.db import models


class FirstPassword(models.Model):
    """A password that another chose for a user, as hashed: whoever still has it must change it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="first_password"
    )
    hashed = models.CharField(max_length=128, editable=False)

    def __str__(self) -> str:
        return f"First password of {self.user}"
