"""Access tokens: what a program shows to be let in, of which the database holds a hash."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q

from billing import clock

# So that a scanner of secrets recognises one that was left in a repository.
PREFIX = "chatsite_"
# A token that is used all the time is written that often.
USED_AGAIN_AFTER = timedelta(minutes=1)


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def valid(self) -> Self:
        """Those that open something, if their accounts may do anything."""
        return self.filter(withdrawn_at=None, account__is_active=True)

    def of_key(self, key: str) -> "AccessToken | None":
        """The valid one of this key, with its account."""
        return self.valid().select_related("account").filter(digest=digest(key)).first()


class AccessToken(models.Model):
    """A program may do what its account may do, until the token is withdrawn."""

    name = models.CharField(max_length=60, help_text="The program that uses it.")
    account = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="access_tokens",
        help_text="The program may do what this account may do, and acts in its name. "
        "It needs no password.",
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    ending = models.CharField(max_length=4, editable=False, help_text="The key's last letters.")
    # Null once the account is gone.
    made_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    made_at = models.DateTimeField(auto_now_add=True)
    # Null before the first time, and while it is valid.
    used_at = models.DateTimeField("last used", null=True, editable=False)
    withdrawn_at = models.DateTimeField("revoked", null=True, editable=False)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def new_key(self) -> str:
        """The token as the program sends it: known now, and never again. Not saved."""
        key = PREFIX + secrets.token_urlsafe(32)
        self.digest, self.ending = digest(key), key[-4:]
        return key

    def use(self) -> None:
        """Note that it was used, once a minute."""
        now = clock.now()
        long_ago = Q(used_at=None) | Q(used_at__lt=now - USED_AGAIN_AFTER)
        if self.used_at is None or self.used_at < now - USED_AGAIN_AFTER:
            AccessToken.objects.filter(long_ago, pk=self.pk).update(used_at=now)


def digest(key: str) -> str:
    """Not slow, as of a password: nobody guesses 256 bits."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
