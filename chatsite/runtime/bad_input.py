"""Input that no database takes is the sender's mistake: it gets 400 and words, wherever it is read.

Forms and converters refuse most of it. What filters, searches and cookies carry reaches queries as
it is: PostgreSQL takes no NUL, and neither database a number of a hundred digits.
"""

from collections.abc import Callable
from urllib.parse import unquote

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

NUL = "\0"


class Refusing:
    """Middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = unquote(request.META.get("QUERY_STRING", ""), errors="replace")
        if NUL in query or NUL in request.path or any(NUL in each for each in _cookies(request)):
            return _refused(request)
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return _refused(request) if isinstance(error, (DataError, OverflowError)) else None


def _cookies(request: HttpRequest) -> list[str]:
    return list(request.COOKIES.values())


def _refused(request: HttpRequest) -> HttpResponse:
    return render(request, "400.html", status=400)
