"""How a provider's refusal is read, in whatever shape it comes."""

import email.utils
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chatsite.llm.errors import Kind, UpstreamError

KIND_OF_STATUS = {
    400: Kind.BAD_REQUEST,
    401: Kind.UNAUTHORISED,
    402: Kind.QUOTA,
    403: Kind.UNAUTHORISED,
    404: Kind.UNKNOWN_MODEL,
    408: Kind.TIMEOUT,
    409: Kind.OVERLOADED,
    410: Kind.UNKNOWN_MODEL,
    413: Kind.TOO_LONG,
    425: Kind.OVERLOADED,
    429: Kind.OVERLOADED,
    498: Kind.OVERLOADED,
    501: Kind.BAD_REQUEST,
    504: Kind.TIMEOUT,
}
# Where the provider's code or type says more than the status.
KIND_OF_CODE = {
    "insufficient_quota": Kind.QUOTA,
    "billing_hard_limit_reached": Kind.QUOTA,
    "billing_not_active": Kind.QUOTA,
    "invalid_api_key": Kind.UNAUTHORISED,
    "authentication_error": Kind.UNAUTHORISED,
    "permission_error": Kind.UNAUTHORISED,
    "model_not_found": Kind.UNKNOWN_MODEL,
    "context_length_exceeded": Kind.TOO_LONG,
    "exceed_context_size_error": Kind.TOO_LONG,
    "content_policy_violation": Kind.REFUSED,
    "content_filter": Kind.REFUSED,
    "ResponsibleAIPolicyViolation": Kind.REFUSED,
    "rate_limit_exceeded": Kind.OVERLOADED,
    "rate_limit_error": Kind.OVERLOADED,
    "overloaded_error": Kind.OVERLOADED,
    "server_error": Kind.OVERLOADED,
    "internal_server_error": Kind.OVERLOADED,
    "api_error": Kind.OVERLOADED,
    "unsupported_parameter": Kind.BAD_REQUEST,
    "unsupported_value": Kind.BAD_REQUEST,
    "invalid_request_error": Kind.BAD_REQUEST,
}
# These say no more than the status does: whatever else is there counts first.
_VAGUE = frozenset({"invalid_request_error", "api_error", "server_error", "internal_server_error"})
_TOO_LONG = re.compile(
    r"context (length|window|size)|context_length|maximum (context|input|prompt)|too many tokens"
    r"|(prompt|input|request) is too (long|large)|token count.{0,40}exceed"
    r"|reduce the length|max_new_tokens.{0,20}must be|inputs. must have less",
    re.IGNORECASE | re.DOTALL,
)
_REFUSED = re.compile(
    r"content management policy|content policy|safety|moderation|was flagged|responsible ai",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"\bmodel\b.{0,80}?(not found|(does not|doesn.t|not) exist)|(invalid|unknown|no such) model\b"
    r"|not a valid model",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"(credit )?balance is too low|insufficient (balance|credits?|funds|quota)|out of credits"
    r"|payment required|exceeded your current quota",
    re.IGNORECASE,
)
# The context that it names, among the numbers of such a message.
_CONTEXT = re.compile(
    r"(?:maximum|context length|context window|must be)\D{0,60}?(\d[\d,]{2,9})"
    r"|(\d[\d,]{2,9}) maximum",
    re.IGNORECASE,
)
# What a message means where neither status nor code do, the first that fits.
_MEANS = {
    Kind.TOO_LONG: _TOO_LONG,
    Kind.UNKNOWN_MODEL: _UNKNOWN_MODEL,
    Kind.QUOTA: _QUOTA,
    Kind.REFUSED: _REFUSED,
}
# The tokens that an answer may have, as it says them.
_MOST = re.compile(
    r"(?:at most|up to|<=?|less than(?: or equal to)?|maximum(?: value)?(?: of| is)?:?|\[\d+,)"
    r"\s*(\d{1,7})\b|\d+ > (\d{1,7})\b",
    re.IGNORECASE,
)
# Then it is the prompt's tokens that are too many, too.
_OF_BOTH = re.compile(r"context|\binputs\b|prompt", re.IGNORECASE)
# Seconds: the longest wait that a provider is believed to mean.
MOST_RETRY_AFTER = 86400.0


def refusal(status: int, body: object, headers: Mapping[str, str]) -> UpstreamError:
    """What an HTTP error means; `body` is whatever JSON it carries."""
    says = _Complaint.of(body)
    other = Kind.OVERLOADED if status >= 500 else Kind.BAD_REQUEST
    kind = _kind(says, KIND_OF_STATUS.get(status, other))
    return UpstreamError(
        kind,
        " ".join(filter(None, (f"status {status}", says.code, says.parameter))),
        retry_after=_retry_after(headers),
        request_id=headers.get("x-request-id", "")[:100],
        code=says.code,
        parameter=says.parameter,
        context=says.context,
        most=says.most,
    )


def reported(error: object, *, paid: bool) -> UpstreamError:
    """What an error inside an answer means; `paid`: words came before it, which are billed."""
    says = _Complaint.of(error)
    status = says.status
    kind = _kind(says, KIND_OF_STATUS.get(status, Kind.OVERLOADED) if status else Kind.BROKEN)
    return UpstreamError(
        Kind.BROKEN if paid else kind,
        " ".join(filter(None, ("the provider reported an error", says.code, says.parameter))),
        code=says.code,
        parameter=says.parameter,
        context=says.context,
        most=says.most,
    )


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What is read of an error in any shape. Of the provider's words, only those that we know."""

    code: str
    parameter: str
    status: int | None  # as an error inside an answer names it
    context: int | None
    most: int | None
    means: Kind | None

    @classmethod
    def of(cls, body: object) -> "_Complaint":
        words = list(_words(body))
        text = " ".join(word for _, word in words)[:8000]
        codes = [word for _, word in words if word in KIND_OF_CODE]
        clear = [code for code in codes if code not in _VAGUE]
        parameter = _parameter(words, text)
        most = _most(text) if parameter in LIMITS and not _OF_BOTH.search(text) else None
        means = next((kind for kind, pattern in _MEANS.items() if pattern.search(text)), None)
        if most:
            means = None  # the answer's limit is too high, and not the prompt too long
        statuses = (word for name, word in words if name in {"code", "status", "status_code"})
        return cls(
            code=next(iter(clear or codes), ""),
            parameter=parameter,
            status=next((int(word) for word in statuses if re.fullmatch(r"[45]\d\d", word)), None),
            context=_context(words, text) if means == Kind.TOO_LONG else None,
            most=most,
            means=means,
        )


def _context(words: list[tuple[str, str]], text: str) -> int | None:
    """The tokens that the model takes, where the error says so."""
    said = next((word for name, word in words if name == "n_ctx"), "")
    if not said and (found := _CONTEXT.search(text)):
        said = (found[1] or found[2]).replace(",", "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def _most(text: str) -> int | None:
    found = _MOST.search(text)
    return int(found[1] or found[2]) or None if found else None


# Where errors keep what they have to say. Never `input` or `body`: these hold the customer's words.
_TOLD_IN = frozenset(
    (
        *("error", "errors", "innererror", "detail", "details", "metadata", "raw", "reason"),
        *("message", "msg", "code", "type", "param", "loc", "status", "status_code", "n_ctx"),
        *("field", "title", "error_msg", "error_message", "errorMessage", "fault", "exception"),
        *("errorCode", "error_code", "Message", "faultstring"),
    )
)
_MOST_NESTED = 8


def _words(body: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Each word or number of an error, with the name of its field."""
    if depth > _MOST_NESTED:
        return
    match body:
        case str() | int():
            yield name, str(body)
        case Mapping():
            for key, value in body.items():
                if key in _TOLD_IN:
                    yield from _words(value, str(key), depth + 1)
        case list():
            for value in body:
                yield from _words(value, name, depth + 1)


# A model is held to the limit of its answers by one of these.
LIMITS = frozenset({"max_tokens", "max_completion_tokens"})
# The fields that we send, and how a message speaks of one of them.
FIELDS = (
    "max_completion_tokens",
    "max_tokens",
    "stream_options",
    "response_format",
    "temperature",
    "stream",
)
_UNSUPPORTED = re.compile(
    r"not? (support|permit|allow)|unsupported|unrecogni[sz]ed|unknown|unexpected|extra"
    r"|invalid(?!_request_error)|not a valid|deprecated|only (the )?default|(must|should) be"
    r"|does(n.t| not) exist|disallowed|not implemented|cannot unmarshal|too (large|high)"
    r"|\brange\b|maximum",
    re.IGNORECASE,
)
# What servers call the answer's limit to themselves.
_OTHER_NAMES = re.compile(r"max_new_tokens|max_output_tokens|maxOutputTokens|num_predict")
_ROLE = re.compile(
    r"system.{0,40}role|role.{0,40}system|messages\W+\d+\W+role|roles must alternate"
    r"|only user and assistant roles|(first message|conversation) (must|should).{0,40}user"
    r"|(system|developer) (message|prompt|instruction)s?.{0,40}\b(not|unsupported|disallowed)",
    re.IGNORECASE | re.DOTALL,
)
SYSTEM_ROLE = "system"


def _parameter(words: list[tuple[str, str]], text: str) -> str:
    """The field that the error is about; blank where it names none of ours."""
    if _ROLE.search(text):
        return SYSTEM_ROLE
    text = _OTHER_NAMES.sub("max_tokens", text)
    named = {
        part
        for name, word in words
        if name in {"param", "loc", "field"}
        for part in re.split(r"\W+", word)
    }
    for field in FIELDS:
        if field in named:
            return field
    quoted = _first(text, r"[`'\"]{}(\.\w+)*[`'\"]")
    return quoted or (_first(text, r"\b{}(ing)?\b") if _UNSUPPORTED.search(text) else "")


def _first(text: str, pattern: str) -> str:
    """The field that is spoken of first: what is recommended in its place comes behind it."""
    found = ((re.search(pattern.format(field), text, re.IGNORECASE), field) for field in FIELDS)
    places = [(match.start(), field) for match, field in found if match]
    return min(places)[1] if places else ""


def _kind(says: _Complaint, otherwise: Kind) -> Kind:
    if says.code and says.code not in _VAGUE:
        return KIND_OF_CODE[says.code]
    if otherwise in {Kind.BAD_REQUEST, Kind.UNAUTHORISED, Kind.BROKEN} and says.means:
        return says.means
    if otherwise in {Kind.OVERLOADED, Kind.BROKEN} and says.parameter == SYSTEM_ROLE:
        return Kind.BAD_REQUEST  # llama.cpp: a template's exception is a 500
    if otherwise == Kind.BROKEN and says.code:
        return KIND_OF_CODE[says.code]
    return otherwise


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from any of the three ways to say it."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), MOST_RETRY_AFTER)
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(max(date.timestamp() - time.time(), 0.0), MOST_RETRY_AFTER)
