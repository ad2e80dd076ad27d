"""Why no complete answer came: the one error of `llm`."""

from enum import StrEnum

from billing.prices.pricing import Estimate, Usage


class Kind(StrEnum):
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    OVERLOADED = "overloaded"
    BROKEN = "broken"  # it ended early
    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    UNKNOWN_MODEL = "unknown_model"
    REFUSED = "refused"  # for what the customer wrote
    TOO_LONG = "too_long"  # for the model's context
    BAD_REQUEST = "bad_request"  # for how we asked
    PROTOCOL = "protocol"  # it answers in another form


# What may pass by itself. Everything else would be the same the next time.
RETRYABLE = frozenset({Kind.UNREACHABLE, Kind.TIMEOUT, Kind.OVERLOADED, Kind.BROKEN})


class UpstreamError(Exception):
    """No complete answer came. Its text holds none of the provider's words.

    `retryable`: another attempt may succeed, after `retry_after` seconds where the provider names a
    time. `sent`: the request may have reached the provider. `usage`: the tokens of an answer that
    cannot be used. `code`: the provider's, where it is a known one. `parameter`: the field
    of the request that the provider objects to. `context`: the tokens that it says a model takes;
    `most`: that an answer may have.
    """

    def __init__(
        self,
        kind: Kind,
        what: str,
        *,
        sent: bool = True,
        retry_after: float | None = None,
        request_id: str = "",
        usage: Usage | Estimate | None = None,
        code: str = "",
        parameter: str = "",
        context: int | None = None,
        most: int | None = None,
    ) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind
        self.retryable = kind in RETRYABLE
        self.sent = sent
        self.retry_after = retry_after
        self.request_id = request_id
        self.usage = usage
        self.code = code
        self.parameter = parameter
        self.context = context
        self.most = most
