"""How a step of writing a reply may end; each is matched where the next step begins."""

from dataclasses import dataclass
from datetime import timedelta

from chatsite.answering.calls.reply_call import Work
from chatsite.chat.change_announcements import Change


@dataclass(frozen=True, slots=True)
class Ended:
    """The reply has ended; everybody is to hear of the change."""

    change: Change


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The reply is pending again; it is due after this time, zero for at once."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class NotOurs:
    """This attempt no longer owns the reply, or never did; nothing more is to be done."""


# `Work` is a call to make.
Outcome = Work | Ended | TryAgain | NotOurs


def ended(change: Change | None) -> Ended | NotOurs:
    """What `end_reply.end` came to."""
    return Ended(change) if change else NotOurs()
