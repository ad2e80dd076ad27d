"""Why a program's request is refused: JSON with a code for the program and words for its author."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from chatsite.chat.errors import (
    Empty,
    Ended,
    FileGone,
    NotTaken,
    NotYours,
    Refused,
    TooFast,
    TooLong,
    TooManyFiles,
    WithColleague,
)

# Seconds after which limits have forgotten what was too much.
TRY_AGAIN_AFTER = 60


class Error(Schema):
    """`fields`: what is wrong with which part of the request."""

    code: str
    message: str
    fields: dict[str, str] = {}


# What any address may answer beside its own.
ERRORS: dict[Any, type[Schema]] = {frozenset({400, 401, 403, 404, 409, 422, 429}): Error}


class Problem(Exception):
    """A request that is not carried out."""

    def __init__(
        self, status: int, code: str, message: str, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.fields = status, code, message, fields or {}


class Forbidden(Problem):
    def __init__(self, permission: str) -> None:
        super().__init__(
            403,
            "forbidden",
            f"The token's account lacks the permission {permission}. "
            "Give it to the account, or use another account's token.",
        )


class NotFound(Problem):
    def __init__(self, what: str) -> None:
        super().__init__(404, "not_found", f"There is no {what} with this id.")


def conflict(code: str, message: str) -> Problem:
    return Problem(409, code, message)


def invalid(fields: Mapping[str, str]) -> Problem:
    return Problem(422, "invalid", "Correct the fields listed, and send the request again.", fields)


def of_chat(error: Refused) -> Problem:
    """What the chat's actions raise, in words for programs."""
    match error:
        case TooFast():
            words = "Too many requests in one minute. Wait as long as Retry-After says."
            return Problem(429, "too_fast", words)
        case Empty():
            return invalid({"text": "The text is empty."})
        case TooLong():
            return invalid({"text": str(error.words)})
        case FileGone() | TooManyFiles():
            return invalid({"files": str(error.words)})
        case NotTaken():
            return invalid({"file": str(error.words)})
        case WithColleague():
            return conflict(
                "with_colleague",
                "Somebody else is answering this conversation. Take it over first.",
            )
        case Ended():
            return conflict("ended", "This conversation has ended. Start another.")
        case NotYours():
            return NotFound("conversation")
        case _:
            return conflict("refused", str(error.words))


def response(problem: Problem) -> HttpResponse:
    content = {"code": problem.code, "message": problem.message, "fields": problem.fields}
    answer = JsonResponse(content, status=problem.status)
    if problem.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    if problem.status == 429:
        answer["Retry-After"] = str(TRY_AGAIN_AFTER)
    return answer


def handle_in(api: NinjaAPI) -> None:
    """Whatever is raised at its addresses becomes such an answer; a fault of ours stays a 500."""

    @api.exception_handler(Problem)
    def _problem(_: HttpRequest, error: Problem) -> HttpResponse:
        return response(error)

    @api.exception_handler(Refused)
    def _refused(_: HttpRequest, error: Refused) -> HttpResponse:
        return response(of_chat(error))

    @api.exception_handler(AuthenticationError)
    def _stranger(_: HttpRequest, error: AuthenticationError) -> HttpResponse:
        words = "Send a valid access token: `Authorization: Bearer ...`. Operators make one."
        return response(Problem(401, "unauthorized", words))

    @api.exception_handler(ValidationError)
    def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
        return response(invalid({_place(each): str(each["msg"]) for each in error.errors}))

    @api.exception_handler(HttpError)
    def _unreadable(_: HttpRequest, error: HttpError) -> HttpResponse:
        return response(Problem(error.status_code, "unreadable", f"{error}. Send JSON in UTF-8."))

    @api.exception_handler(Http404)
    def _missing(_: HttpRequest, error: Http404) -> HttpResponse:
        return nothing_here()


@csrf_exempt
def nothing_here(*_: object) -> HttpResponse:
    """At an address that leads nowhere."""
    words = "There is nothing at this address. /api/v1/openapi.json lists all addresses."
    return response(Problem(404, "no_such_address", words))


def _place(error: Mapping[str, Any]) -> str:
    """Of a field: `text`, or `articles.0.title`, without the name that the view gave the body."""
    where = [str(part) for part in error["loc"]]
    return ".".join(where[2:] if where[0] == "body" and len(where) > 2 else where[1:]) or "body"
