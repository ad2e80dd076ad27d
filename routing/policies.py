"""The versions of the policy: which is in force, and how another one comes to be."""

import logging
from functools import lru_cache

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, models, transaction
from django.utils import timezone

from routing.errors import NoPolicy, NothingChanged, Overtaken
from routing.models import Policy, Trial

logger = logging.getLogger(__name__)
Author = AbstractBaseUser | AnonymousUser | None

# Read for every reply; who saved the version and why is for the admin.
_HISTORY = ("created_at", "author", "reason", "replaces")


def current() -> Policy:
    """The version in force, without its history: one short query. Raises NoPolicy."""
    with connection.cursor() as cursor:
        # By hand: put together anew for each reply, the ORM's takes ten times as long.
        cursor.execute("SELECT id, created_at FROM routing_policy WHERE is_current")
        found = cursor.fetchone()
    if found is None:
        raise NoPolicy
    return read(*found)


@lru_cache(maxsize=8)
def read(version: int, created_at: object) -> Policy:
    """A version never changes, so each process reads it once.

    The moment is part of the key: a table that was emptied gives its numbers again.
    """
    return Policy.objects.defer(*_HISTORY).get(id=version)


def locked(begun_from: int | None = None) -> Policy | None:
    """The version in force, which stays in force until the caller's transaction ends.

    None only where there is no version at all. Raises Overtaken where another version is in force
    than the one that a draft was begun from.
    """
    # The first version's row never changes. A lock on the one in force would be waited for, and
    # then held on a row that is in force no longer.
    Policy.objects.select_for_update().order_by("version").first()
    in_force = Policy.objects.in_force().first()
    if in_force and begun_from not in (None, in_force.version):
        raise Overtaken(str(in_force), str(in_force.author or "nobody"), in_force.changes)
    return in_force


def adopt(draft: Policy, author: Author, reason: str, begun_from: int | None = None) -> Policy:
    """Store the draft as the next version and put it in force.

    Raises NothingChanged, and Overtaken as `locked` does.
    """
    with transaction.atomic():
        before = locked(begun_from)
        if before and not draft.changes_from(before):
            raise NothingChanged(before.version)
        # The one change that a stored version knows; QuerySet.update() of Policy refuses.
        Policy._base_manager.filter(is_current=True).update(is_current=False)
        draft.is_current = True
        _store(draft, before, author, reason)
        # What it was compared with is in force no longer.
        Trial.objects.running().update(
            state=Trial.State.OVERTAKEN,
            ended_at=timezone.now(),
            ended_by=author.pk if author else None,
        )
    logger.info("%s of the policy in force: %s", draft, "; ".join(draft.changes))
    return draft


def propose(draft: Policy, author: Author, reason: str, begun_from: int | None = None) -> Policy:
    """Store the draft as a version that is not in force: to be tried.

    Raises NothingChanged, and Overtaken as `locked` does.
    """
    with transaction.atomic():
        before = locked(begun_from)
        if before and not draft.changes_from(before):
            raise NothingChanged(before.version)
        return _store(draft, before, author, reason)


def _store(draft: Policy, before: Policy | None, author: Author, reason: str) -> Policy:
    newest = Policy.objects.aggregate(newest=models.Max("version"))["newest"] or 0
    draft.version = newest + 1
    draft.replaces = before
    draft.author_id = author.pk if author else None
    draft.reason = reason
    draft.save()
    return draft


def return_to(version: Policy, author: Author) -> Policy:
    """Put an earlier version's settings in force again, as a new version.

    Raises NothingChanged.
    """
    reason = f"Return to version {version.version}: {version.reason}"
    return adopt(version.draft(), author, reason[: Policy._meta.get_field("reason").max_length])
