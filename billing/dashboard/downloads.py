"""Spreadsheets that are sent while they are read: a million rows never stand in memory."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

# Lines that go out together.
LINES_AT_ONCE = 500


def spreadsheet(request: HttpRequest, name: str, lines: Iterator[str]) -> StreamingHttpResponse:
    parts = _parts(lines)
    # Otherwise Django would collect everything before it sends the first byte.
    body = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    return StreamingHttpResponse(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _parts(lines: Iterator[str]) -> Iterator[str]:
    while part := "".join(islice(lines, LINES_AT_ONCE)):
        yield part


async def _awaited(parts: Iterator[str]) -> AsyncIterator[str]:
    read = database_sync_to_async(lambda: next(parts, ""))
    while part := await read():
        yield part
