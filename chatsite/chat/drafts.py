"""A doubted cheap answer is a draft: shown while the strong tier writes, and kept if it cannot."""

from chatsite.chat.models import Message
from routing.choice import Tier
from routing.models import Verdict

State = Message.State
Failure = Message.Failure
Outcome = Verdict.Outcome

# Why a draft stands, by how the strong tier's attempt ended; anything else is its failure.
OUTCOMES = {Failure.NO_ROOM: Outcome.NO_ROOM, Failure.LATE: Outcome.NO_TIME}
STANDS = {Outcome.NO_ROOM, Outcome.NO_TIME, Outcome.FAILED}


def outcome(reply: Message, state: str, failure: str, text: str) -> Verdict.Outcome | None:
    """What comes of the reply's verdict if the reply ends like this; None for one without a draft.

    A draft that is whole is better than an answer that is not.
    """
    if reply.stage != Message.Stage.ESCALATED:
        return None
    if state == State.COMPLETE or (text and reply.failure):
        return Outcome.REPLACED
    return OUTCOMES.get(Failure(failure), Outcome.FAILED)


def stand(reply: Message) -> None:
    """Let the draft be the reply, as whole as it is."""
    reply.text, reply.tier, reply.stage = reply.draft, Tier.CHEAP, Message.Stage.KEPT
    if not reply.failure:
        reply.state = State.COMPLETE
    elif reply.text.strip():
        reply.state = State.CUT
    else:
        reply.state = State.FAILED
