"""Who changed what, and who signed in: kept when the account is gone, and never altered."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_save

from chatsite.staff.models import AuditEntry

DONE = {1: "added", 2: "changed", 3: "deleted"}
NAME, WHAT = 150, 200  # characters that are kept


def listen() -> None:
    post_save.connect(_logged, sender=LogEntry, dispatch_uid="chatsite.staff.audit")
    LogEntry.objects.bulk_create = _bulk_logged  # type: ignore[assignment,method-assign]
    user_logged_in.connect(_signed_in, dispatch_uid="chatsite.staff.audit")
    user_login_failed.connect(_refused, dispatch_uid="chatsite.staff.audit")


def _logged(instance: LogEntry, created: bool, **_: Any) -> None:
    """Of everything that the admin changes, Django's log has a line."""
    if not created:
        return
    model = instance.content_type.model if instance.content_type else ""
    AuditEntry.objects.create(
        who=instance.user.get_username()[:NAME],
        action=DONE.get(instance.action_flag, "changed"),
        model=model,
        what=instance.object_repr[:WHAT],
        object_id=str(instance.object_id or "")[:WHAT],
        details=instance.get_change_message(),
    )


def _bulk_logged(entries: Iterable[LogEntry], **more: Any) -> list[LogEntry]:
    """Several at once, of which no signal tells."""
    made = LogEntry.objects.get_queryset().bulk_create(entries, **more)
    for entry in made:
        _logged(entry, created=True)
    return made


def _signed_in(user: Any, **_: Any) -> None:
    AuditEntry.objects.create(who=user.get_username()[:NAME], action="signed in")


def _refused(credentials: dict[str, Any], **_: Any) -> None:
    name = str(credentials.get("username", "")).replace("\0", "")[:NAME]
    AuditEntry.objects.create(who=name, action="wrong password")
