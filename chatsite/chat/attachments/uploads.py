"""Files that are sent along: taken, bound to their message, and gone with it."""

import logging
import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from billing import clock
from chatsite.chat import errors
from chatsite.chat.attachments import images, pdf
from chatsite.chat.models import Attachment, Message
from chatsite.chat.models.attachment import storage
from chatsite.shop import current_shop
from chatsite.shop.models import Shop

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
# How long what was never sent is kept, and a file without its row.
UNSENT_FOR = timedelta(days=1)
# Rows or files that one look of the beat removes.
AT_ONCE = 500
LONGEST_NAME = 100
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}
_OWN_ENDING = re.compile(r"\.(jpe?g|png|webp|gif|pdf)\Z", re.IGNORECASE)


def take(
    public_id: uuid.UUID,
    given: UploadedFile[Any],
    visitor: str = "",
    author: AbstractBaseUser | None = None,
) -> Attachment:
    """Store what a customer or a member of staff sends; taken twice, it is one.

    Raises NotTaken, NotYours.
    """
    if known := Attachment.objects.filter(public_id=public_id).first():
        return _own(known, visitor, author)
    if author is None:
        if not visitor:
            raise errors.NotYours
        if current_shop.shop().files == Shop.Files.NONE:
            raise errors.NoFilesNow
        _look_at_limits(visitor)
    if given.size is None or given.size > settings.ATTACHMENT_MEGABYTES * MEGABYTE:
        raise errors.TooLarge(settings.ATTACHMENT_MEGABYTES)
    taken, content = _read(given.read())
    taken.public_id, taken.visitor = public_id, visitor
    taken.author_id = author.pk if author else None
    taken.name = named(given.name or "", taken.content_type)
    taken.store(content)
    try:
        with transaction.atomic():
            taken.save(force_insert=True)
    except IntegrityError:
        # The same twice at once: the file of the one that lost has another name.
        storage().delete(taken.file)
        return _own(Attachment.objects.get(public_id=public_id), visitor, author)
    logger.info("attachment:%s taken: %s, %d bytes", taken.pk, taken.content_type, taken.size)
    return taken


def read_ids(given: object) -> list[uuid.UUID]:
    """What a page names. Raises ValueError."""
    if not isinstance(given, list | tuple):
        raise ValueError("no list of ids")
    return [uuid.UUID(str(each)) for each in given]


def discard(public_id: uuid.UUID, visitor: str) -> None:
    """The customer does not send it after all. Raises NotYours."""
    if not visitor:
        raise errors.NotYours
    gone = Attachment.objects.filter(public_id=public_id, visitor=visitor, message=None)
    _delete(gone)


def bind(ids: Sequence[uuid.UUID], visitor: str, author: AbstractBaseUser | None = None) -> "Bound":
    """What was uploaded, in that order, for a message that is to be stored; in its transaction.

    Raises TooManyFiles, FileGone.
    """
    if len(ids) > settings.ATTACHMENTS_PER_MESSAGE:
        raise errors.TooManyFiles(settings.ATTACHMENTS_PER_MESSAGE)
    if not ids:
        return Bound(())
    unsent = Attachment.objects.select_for_update().filter(public_id__in=ids, message=None)
    whose = unsent.filter(author_id=author.pk) if author else unsent.filter(visitor=visitor)
    found = {each.public_id: each for each in whose.order_by("id")}
    if len(found) != len(set(ids)):
        raise errors.FileGone
    return Bound([found[each] for each in dict.fromkeys(ids)])


class Bound:
    """Attachments that a message takes along."""

    def __init__(self, attachments: Sequence[Attachment]) -> None:
        self._attachments = attachments

    def __bool__(self) -> bool:
        return bool(self._attachments)

    @property
    def facts(self) -> list[dict[str, object]]:
        return [each.facts for each in self._attachments]

    def to(self, message: Message) -> None:
        """Once it is stored."""
        if self._attachments:
            ids = [each.pk for each in self._attachments]
            Attachment.objects.filter(id__in=ids).update(message=message)


def go_with(messages: Iterable[int], visitors: Iterable[str]) -> None:
    """Remove those of messages that are being deleted, and what these visitors never sent."""
    _delete(Attachment.objects.filter(message_id__in=list(messages)))
    _delete(Attachment.objects.filter(visitor__in=list(visitors), message=None))


def sweep() -> int:
    """Remove what was never sent, and files whose row is gone; returns how many."""
    before = clock.now() - UNSENT_FOR
    unsent = Attachment.objects.filter(message=None, created_at__lt=before)
    swept = _delete(Attachment.objects.filter(id__in=unsent.values("id")[:AT_ONCE]))
    kept = storage()
    try:
        folders, _ = kept.listdir("")
    except FileNotFoundError:  # nothing was ever taken
        return swept
    for folder in folders:
        names = [f"{folder}/{name}" for name in kept.listdir(folder)[1]]
        known = set(Attachment.objects.filter(file__in=names).values_list("file", flat=True))
        for name in names:
            if name not in known and kept.get_modified_time(name) < before:
                kept.delete(name)
                swept += 1
    return swept


def named(given: str, content_type: str) -> str:
    """A name that is safe to show and to save under, with the ending of what the file is."""
    # Neither control characters nor those that turn the direction: `gpj.exe` reads as a picture.
    name = "".join(each for each in given if unicodedata.category(each)[0] != "C")
    name = " ".join(re.split(r"[/\\]", name)[-1].split())
    ending = ENDINGS[content_type]
    stem = _OWN_ENDING.sub("", name).strip(". ")[: LONGEST_NAME - len(ending)]
    return f"{stem or ('document' if ending == '.pdf' else 'image')}{ending}"


def _read(content: bytes) -> tuple[Attachment, bytes]:
    """What it is, and what is to be stored of it. Raises NotTaken."""
    if content.startswith(b"%PDF-"):
        try:
            found = pdf.read(content, settings.ATTACHMENT_PAGES)
        except pdf.Unreadable as error:
            if error.problem == "long":
                raise errors.TooManyPages(settings.ATTACHMENT_PAGES) from error
            raise (errors.Locked if error.problem == "locked" else errors.Damaged) from error
        row = Attachment(kind=Attachment.Kind.PDF, content_type="application/pdf")
        row.pages, row.text = found.pages, found.text
        return row, content
    try:
        picture = images.clean(content, settings.ATTACHMENT_MEGAPIXELS * 1_000_000)
    except images.TooManyPixels as error:
        raise errors.TooManyPixels from error
    except images.Unreadable as error:
        raise (errors.Damaged if _looks_like_an_image(content) else errors.WrongKind) from error
    row = Attachment(kind=Attachment.Kind.IMAGE, content_type=picture.content_type)
    row.width, row.height = picture.width, picture.height
    return row, picture.content


def _looks_like_an_image(content: bytes) -> bool:
    starts = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8")
    return content.startswith(starts) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")


def _look_at_limits(visitor: str) -> None:
    """Raises TooManyThisHour, NoFilesNow."""
    hour = clock.now() - timedelta(hours=1)
    if (
        Attachment.objects.filter(visitor=visitor, created_at__gt=hour).count()
        >= settings.ATTACHMENTS_PER_VISITOR
    ):
        raise errors.TooManyThisHour
    stored = Attachment.objects.aggregate(bytes=Sum("size"))["bytes"] or 0
    if stored + settings.ATTACHMENT_MEGABYTES * MEGABYTE > settings.ATTACHMENTS_GIGABYTES * 1024**3:
        logger.error("No more files are accepted: ATTACHMENTS_GIGABYTES is reached")
        raise errors.NoFilesNow


def _own(known: Attachment, visitor: str, author: AbstractBaseUser | None) -> Attachment:
    """Raises NotYours."""
    if (known.visitor, known.author_id) != (visitor, author.pk if author else None):
        raise errors.NotYours
    return known


def _delete(gone: QuerySet[Attachment]) -> int:
    """The rows, and once that is committed their files."""
    with transaction.atomic():
        rows = dict(gone.select_for_update().order_by("id").values_list("id", "file"))
        Attachment.objects.filter(id__in=rows).delete()
        transaction.on_commit(partial(_delete_files, list(rows.values())))
    return len(rows)


def _delete_files(names: Sequence[str]) -> None:
    for name in names:
        try:
            storage().delete(name)
        except OSError as error:
            logger.warning("attachment %s is left to the sweep: %s", name, error)
