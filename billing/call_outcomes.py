"""What the ways in which calls end mean for money: which were in vain, and why. Pure."""

from enum import StrEnum


class CallOutcome(StrEnum):
    """How a call ended, as the ledger says it: one of these, or the word of an error."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    UNCLEAR = "unclear"
    ESCALATED = "escalated"
    STOPPED = "stopped"
    ABANDONED = "abandoned"
    EXPIRED = "expired"
    NOT_SENT = "not_sent"
    RECONCILED = "reconciled"


# Calls whose whole answer came.
WHOLE = frozenset({CallOutcome.STOP, CallOutcome.ESCALATED})
# And those of which words came that the model ended.
WRITTEN = WHOLE | {CallOutcome.LENGTH}
# Calls that wrote an answer to its end, whether or not it was the one that the customer got.
ANSWERED = WRITTEN | {CallOutcome.CONTENT_FILTER}
# An answer that stands; nothing sent; not a call at all.
FINE = frozenset({CallOutcome.STOP, CallOutcome.NOT_SENT, CallOutcome.RECONCILED})


class Cause(StrEnum):
    """A cause of waste. The value is shown to people."""

    FAILED = "Failed and retried"
    ESCALATED = "Replaced by the strong model"
    LONG = "Cut off at the limit"
    ABANDONED = "Abandoned"
    FILTERED = "Held back by the provider"
    STOPPED = "Stopped by the customer"


CAUSES: dict[str, Cause] = {
    CallOutcome.ESCALATED: Cause.ESCALATED,
    CallOutcome.LENGTH: Cause.LONG,
    CallOutcome.CONTENT_FILTER: Cause.FILTERED,
    CallOutcome.STOPPED: Cause.STOPPED,
    CallOutcome.ABANDONED: Cause.ABANDONED,
    CallOutcome.EXPIRED: Cause.ABANDONED,
}
MEANS = {
    Cause.FAILED: "Calls that broke off or never answered, but were charged.",
    Cause.ESCALATED: "Cheap answers that the check doubted; the strong model wrote them again.",
    Cause.LONG: "Answers that reached the output limit, so the customer saw only part of them.",
    Cause.ABANDONED: "Calls whose worker stopped or died. Charged at the amount held for them.",
    Cause.STOPPED: "Answers that the customer stopped; charged for the words that came.",
    Cause.FILTERED: "Answers that the provider's content filter held back.",
}


def cause(outcome: str) -> Cause | None:
    """Why what such a call cost is wasted; None where it is not."""
    return None if outcome in FINE else CAUSES.get(outcome, Cause.FAILED)


def failed(outcome: str) -> bool:
    """Whether the call gave nobody an answer."""
    return cause(outcome) in {Cause.FAILED, Cause.ABANDONED}
