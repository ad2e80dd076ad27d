"""The versions of the judge's rubric: which is in force, and how another one comes to be."""

import logging

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from chatsite.quality.errors import NothingChanged
from chatsite.quality.judges import rubric
from chatsite.quality.models import Rubric

logger = logging.getLogger(__name__)
Author = AbstractBaseUser | AnonymousUser | None


def in_force() -> Rubric:
    """The version to judge by. Where nobody has chosen one, the text that is shipped by now."""
    current = Rubric.objects.filter(is_current=True).first()
    if current and (current.chosen_at or current.text == rubric.SHIPPED):
        return current
    with transaction.atomic():
        return _put_in_force(_version(rubric.SHIPPED, None, "Shipped with the product."))


def of(version: int) -> Rubric:
    """What was judged by this version is judged by it to the end; by the one in force without."""
    return Rubric.objects.filter(version=version).first() or in_force()


def adopt(text: str, author: Author, reason: str) -> Rubric:
    """Put this text in force: the version that has it already, or the next one.

    Raises NothingChanged.
    """
    with transaction.atomic():
        if in_force().text == text:
            raise NothingChanged("These criteria are in force already")
        return _chosen(_version(text, author, reason), author)


def return_to(version: Rubric, author: Author) -> Rubric:
    """Put an earlier version in force again. Raises NothingChanged."""
    with transaction.atomic():
        if in_force() == version:
            raise NothingChanged(f"{version} is in force already")
        return _chosen(version, author)


def _chosen(version: Rubric, author: Author) -> Rubric:
    version.chosen_by_id = author.pk if author else None
    version.chosen_at = timezone.now()
    return _put_in_force(version)


def _put_in_force(version: Rubric) -> Rubric:
    Rubric.objects.filter(is_current=True).update(is_current=False)
    version.is_current = True
    version.save(update_fields=["is_current", "chosen_by", "chosen_at"])
    logger.info("%s is in force", version)
    return version


def _version(text: str, author: Author, reason: str) -> Rubric:
    newest = Rubric.objects.aggregate(newest=Max("version"))["newest"] or 0
    return Rubric.objects.get_or_create(
        text=text,
        defaults={
            "version": newest + 1,
            "reason": reason,
            "is_shipped": text == rubric.SHIPPED,
            "author_id": author.pk if author else None,
        },
    )[0]
