"""Input that no database takes is the sender's mistake: it gets 400 and words, wherever it is read.

Forms and converters refuse most of it. What filters, searches and cookies carry reaches queries as
it is: PostgreSQL takes no NUL, and neither database a number of a hundred digits.
"""

import logging
from collections.abc import Callable
from urllib.parse import unquote

from django.core.exceptions import FieldDoesNotExist
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse

from chatsite.runtime import error_pages

logger = logging.getLogger(__name__)

NUL = "\0"
# What databases say of values that they cannot hold; and Django, where a key or a filter of the
# admin is no number or no address.
UNUSABLE = (DataError, OverflowError)
NO_VALUE = ("expected a number but got", "does not appear to be an IPv4 or IPv6 address")
# In which the admin's windows say whose key they want.
TO_FIELD = "_to_field"
WORDS = "This request contains characters or numbers that cannot be used here."


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
        if error_pages.is_of_servers(error):
            logger.error("%s cannot use the database: %s", request.path, error)
            return error_pages.busy(request)
        is_bad = (
            is_unusable(error)
            # The admin looks for a field of the name that a form gives, even of none.
            or (isinstance(error, FieldDoesNotExist) and "" in _to_fields(request))
        )
        return _refused(request) if is_bad else None


def is_unusable(error: Exception) -> bool:
    """Whether it comes of a value that no database takes."""
    return isinstance(error, UNUSABLE) or (
        isinstance(error, ValueError) and any(words in str(error) for words in NO_VALUE)
    )


def _to_fields(request: HttpRequest) -> list[str]:
    return [*request.GET.getlist(TO_FIELD), *request.POST.getlist(TO_FIELD)]


def _cookies(request: HttpRequest) -> list[str]:
    return list(request.COOKIES.values())


def _refused(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(error_pages.OF_PROGRAMS):
        return JsonResponse({"code": "unreadable", "message": WORDS, "fields": {}}, status=400)
    return error_pages.page(request, 400)
