"""Log lines for machines: one JSON object each, with the request and the reply it is about."""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

HEADER = "X-Request-ID"
_REPLY = re.compile(r"\breply:\d+(?::\d+)?")
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_request: ContextVar[str] = ContextVar("request", default="")


def request_ids(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the proxy's name of the request, or one of our own, which the answer repeats."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        name = given if _ID.fullmatch(given) else get_random_string(16)
        token = _request.set(name)
        try:
            response = get_response(request)
        finally:
            _request.reset(token)
        response[HEADER] = name
        return response

    return middleware


class Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        if request := _request.get():
            line["request"] = request
        if reply := _REPLY.search(message):
            line["reply"] = reply[0]
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()
