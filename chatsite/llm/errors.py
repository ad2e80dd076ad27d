"""Why no complete answer came: the one error of `llm`, and how a provider's refusal is read."""

import email.utils
import math
import time
from collections.abc import Mapping
from enum import StrEnum

from billing.prices.pricing import Usage


class Kind(StrEnum):
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    OVERLOADED = "overloaded"
    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    UNKNOWN_MODEL = "unknown_model"
    REFUSED = "refused"
    BROKEN = "broken"


RETRYABLE = frozenset({Kind.UNREACHABLE, Kind.TIMEOUT, Kind.OVERLOADED, Kind.BROKEN})

KIND_OF_STATUS = {
    401: Kind.UNAUTHORISED,
    402: Kind.QUOTA,
    403: Kind.UNAUTHORISED,
    404: Kind.UNKNOWN_MODEL,
    408: Kind.TIMEOUT,
    409: Kind.OVERLOADED,
    410: Kind.UNKNOWN_MODEL,
    429: Kind.OVERLOADED,
    504: Kind.TIMEOUT,
}
# Where the provider's code says more than the status.
KIND_OF_CODE = {
    "insufficient_quota": Kind.QUOTA,
    "billing_hard_limit_reached": Kind.QUOTA,
    "billing_not_active": Kind.QUOTA,
    "invalid_api_key": Kind.UNAUTHORISED,
    "model_not_found": Kind.UNKNOWN_MODEL,
    "context_length_exceeded": Kind.REFUSED,
    "content_policy_violation": Kind.REFUSED,
    "content_filter": Kind.REFUSED,
}
# Seconds: the longest wait that a provider is believed to mean.
MOST_RETRY_AFTER = 86400.0


class UpstreamError(Exception):
    """No complete answer came. Its text holds none of the provider's words.

    `retryable`: another attempt may succeed, after `retry_after` seconds where the provider names a
    time. `sent`: the request may have reached the provider. `usage`: the tokens of an answer that
    cannot be used. `code`: the provider's, where it is one of KIND_OF_CODE.
    """

    def __init__(
        self,
        kind: Kind,
        what: str,
        *,
        sent: bool = True,
        retry_after: float | None = None,
        request_id: str = "",
        usage: Usage | None = None,
        code: str = "",
    ) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind
        self.retryable = kind in RETRYABLE
        self.sent = sent
        self.retry_after = retry_after
        self.request_id = request_id
        self.usage = usage
        self.code = code


def refusal(status: int, words: tuple[object, ...], headers: Mapping[str, str]) -> UpstreamError:
    """What an HTTP error means; `words` are the provider's code and type, whatever they are."""
    code = known_code(*words)
    other = Kind.OVERLOADED if status >= 500 else Kind.REFUSED
    return UpstreamError(
        KIND_OF_CODE.get(code) or KIND_OF_STATUS.get(status, other),
        f"status {status} {code}".rstrip(),
        retry_after=_retry_after(headers),
        request_id=headers.get("x-request-id", "")[:100],
        code=code,
    )


def known_code(*words: object) -> str:
    """The first that KIND_OF_CODE has; any other may hold anything."""
    return next((word for word in words if isinstance(word, str) and word in KIND_OF_CODE), "")


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
