"""Who a program is: its access token, what the token's account may do, and how often."""

from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest
from ninja.security import HttpBearer

from chatsite.api.errors import Forbidden
from chatsite.api.models import AccessToken
from chatsite.chat.web import rate_limits


class Bearer(HttpBearer):
    """Lets a valid token in whose account has the permission; blank: any account."""

    def __init__(self, permission: str = "") -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> AccessToken | None:
        """None for a stranger. Raises TooFast, Forbidden."""
        found = AccessToken.objects.of_key(token.strip())
        if found is None:
            return None
        rate_limits.calling(f"token {found.pk}")
        found.use()
        if self.permission and not found.account.has_perm(self.permission):
            raise Forbidden(self.permission)
        return found


def token(request: HttpRequest) -> AccessToken:
    """By which the request was let in."""
    return cast(AccessToken, request.auth)  # type: ignore[attr-defined]  # set by ninja


def log(request: HttpRequest, changed: Model, what: str, action: int = CHANGE) -> None:
    """For the audit log, as the admin does it, with the token's name."""
    used = token(request)
    LogEntry.objects.log_actions(
        used.account_id,
        [changed],
        action,
        f"{what} By access token {used.name}.",
        single_object=True,
    )
