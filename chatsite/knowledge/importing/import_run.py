"""One import from beginning to report: claimed by one process, and safe to hand out twice."""

import asyncio
import logging

from django.db import transaction

from billing import clock
from chatsite.knowledge.importing import apply_pages, fetching, readers
from chatsite.knowledge.importing.readers import Page, Unreadable
from chatsite.knowledge.models import Import

logger = logging.getLogger(__name__)


def carry_out(import_id: int) -> None:
    """Does nothing where another process has it."""
    mine = Import.objects.waiting().filter(id=import_id)
    if not mine.update(state=Import.State.RUNNING, heard_at=clock.now()):
        return
    into = Import.objects.get(id=import_id)
    into.done = into.added = into.changed = into.unchanged = into.left_out = 0
    into.skipped = []
    try:
        _files(into) if into.kind == Import.Kind.FILES else _site(into)
    except Unreadable as error:
        into.state, into.problem = Import.State.FAILED, str(error)
    else:
        into.state = Import.State.DONE
    into.ended_at = clock.now()
    with transaction.atomic():
        into.save()
        into.files.all().delete()
    logger.info("%s ended: %s, %d added", into, into.state, into.added)


def _files(into: Import) -> None:
    files = into.files.order_by("id").values_list("id", flat=True)
    into.total = len(files)
    for file in into.files.filter(id__in=list(files)).iterator(chunk_size=1):
        _take(into, file.name, file.name, bytes(file.content))


def _site(into: Import) -> None:
    """A sitemap's pages, or the addresses themselves. Raises Unreadable."""
    lines = into.addresses.split()
    if len(lines) == 1 and lines[0].endswith(".xml"):
        lines = asyncio.run(fetching.addresses(lines[0]))
    into.total = len(lines)
    for url in lines:
        try:
            found = asyncio.run(fetching.page(url))
        except Unreadable as error:
            apply_pages.skip(into, url, str(error))
            _progress(into)
            continue
        _take(into, url, found.kind, found.content)


def _take(into: Import, source: str, kind: str, content: bytes) -> None:
    """One file or page; what is wrong with it is in the report."""
    try:
        apply_pages.pages(_read(source, kind, content), into)
    except Unreadable as error:
        apply_pages.skip(into, source, str(error))
    _progress(into)


def _read(source: str, kind: str, content: bytes) -> list[Page]:
    is_page = kind.startswith(("text/html", "application/xhtml"))
    return readers.web_page(source, content) if is_page else readers.read(source, content)


def _progress(into: Import) -> None:
    """For whoever looks on; a word that the worker is alive."""
    into.done += 1
    into.heard_at = clock.now()
    into.save()
