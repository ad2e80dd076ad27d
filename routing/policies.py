"""The versions of the policy: which is in force, and how another one comes to be."""

import logging
from functools import lru_cache

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, models, transaction

from routing.errors import NoPolicy, NothingChanged
from routing.models import Policy

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
        raise NoPolicy("No policy is in force: has `manage.py migrate` run?")
    return _read(*found)


@lru_cache(maxsize=8)
def _read(version: int, created_at: object) -> Policy:
    """A version never changes, so each process reads it once.

    The moment is part of the key: a table that was emptied gives its numbers again.
    """
    return Policy.objects.defer(*_HISTORY).get(id=version)


def locked() -> Policy | None:
    """The version in force, which stays in force until the caller's transaction ends.

    None only where there is no version at all.
    """
    # The first version's row never changes. A lock on the one in force would be waited for, and
    # then held on a row that is in force no longer.
    Policy.objects.select_for_update().order_by("version").first()
    return Policy.objects.in_force().first()


def adopt(draft: Policy, author: Author, reason: str) -> Policy:
    """Store the draft as the next version and put it in force.

    Raises NothingChanged.
    """
    with transaction.atomic():
        before = locked()
        if before and not draft.changes_from(before):
            raise NothingChanged(before.version)
        newest = Policy.objects.aggregate(newest=models.Max("version"))["newest"] or 0
        # The one change that a stored version knows; QuerySet.update() of Policy refuses.
        Policy._base_manager.filter(is_current=True).update(is_current=False)
        draft.version = newest + 1
        draft.is_current = True
        draft.replaces = before
        draft.author_id = author.pk if author else None
        draft.reason = reason
        draft.save()
    logger.info("%s of the policy in force: %s", draft, "; ".join(draft.changes))
    return draft


def return_to(version: Policy, author: Author) -> Policy:
    """Put an earlier version's settings in force again, as a new version.

    Raises NothingChanged.
    """
    reason = f"Return to version {version.version}: {version.reason}"
    return adopt(version.draft(), author, reason[: Policy._meta.get_field("reason").max_length])
