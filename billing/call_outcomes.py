"""What the ways in which calls end mean for money: which were in vain, and why. Pure."""

from enum import StrEnum

# Calls that wrote an answer to its end, whether or not it was the one that the customer got.
ANSWERED = frozenset({"stop", "length", "content_filter", "escalated"})
# An answer that stands; nothing sent; not a call at all.
FINE = frozenset({"stop", "not_sent", "reconciled"})


class Cause(StrEnum):
    """Of waste. The value is said to people."""

    FAILED = "Failed and retried"
    ESCALATED = "Escalated away"
    LONG = "Too long, cut"
    ABANDONED = "Abandoned"
    FILTERED = "Filtered"
    STOPPED = "Stopped by the customer"


CAUSES = {
    "escalated": Cause.ESCALATED,
    "length": Cause.LONG,
    "content_filter": Cause.FILTERED,
    "stopped": Cause.STOPPED,
    "abandoned": Cause.ABANDONED,
    "expired": Cause.ABANDONED,
}
MEANS = {
    Cause.FAILED: "Attempts that broke off or never answered, and were paid for all the same.",
    Cause.ESCALATED: "Cheap answers that were doubted; the strong tier wrote them again.",
    Cause.LONG: "Answers that ran into the output limit: the customer saw half of them.",
    Cause.ABANDONED: "Calls whose worker stopped or died; charged as reserved.",
    Cause.STOPPED: "Answers that the customer stopped; charged for the words that came.",
    Cause.FILTERED: "Answers that the provider held back.",
}


def cause(outcome: str) -> Cause | None:
    """Why what such a call cost is wasted; None where it is not."""
    return None if outcome in FINE else CAUSES.get(outcome, Cause.FAILED)


def failed(outcome: str) -> bool:
    """Whether nobody got an answer out of it."""
    return cause(outcome) in {Cause.FAILED, Cause.ABANDONED}
