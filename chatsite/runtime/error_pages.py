"""Pages for what was asked wrongly, and for when the site cannot answer. They need no server.

They read nothing of the request: Django's own look for a token in the form, and one that cannot be
read made an error of the server's of an address that does not exist. Nor do they read the database:
while it is away, an address that does not exist still does not.
"""

import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.context_processors import i18n
from django.template.loader import render_to_string

from chatsite.shop import current_shop

AGAIN_AFTER = 5  # seconds
# Where JSON is read, not a web page.
OF_PROGRAMS = "/api/"
BUSY = "The site is very busy. Please try again in a moment."
# What PostgreSQL calls a write that it refuses because it is a copy, or is told to take none.
READ_ONLY = "25006"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also where a session cannot be stored: Django says that it was deleted."""
    return busy(request) if is_of_servers(exception) else page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Also where a middleware fails, whose errors no other middleware is shown."""
    error = sys.exception()
    return busy(request) if error and is_of_servers(error) else page(request, 500)


def is_of_servers(error: BaseException) -> bool:
    """Whether the database is locked, full, read-only or away: who asks later may be served."""
    refused = isinstance(error, InternalError) and _sqlstate(error) == READ_ONLY
    if refused or isinstance(error, (OperationalError, InterfaceError)):
        return True
    return error.__context__ is not None and is_of_servers(error.__context__)


def busy(request: HttpRequest) -> HttpResponse:
    response: HttpResponse
    if request.path.startswith(OF_PROGRAMS):
        said = {"code": "busy", "message": BUSY, "fields": {}}
        response = JsonResponse(said, status=503)
    else:
        response = page(request, 503)
    response["Retry-After"] = str(AGAIN_AFTER)
    return response


def page(request: HttpRequest, status: int) -> HttpResponse:
    """Without the context processors, which read accounts and the shop."""
    shop = current_shop.last_read()
    shown = {**i18n(request), "shop": shop, "site_name": shop.name}
    return HttpResponse(render_to_string(f"{status}.html", shown), status=status)


def _sqlstate(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", ""))
