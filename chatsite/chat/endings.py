"""How a reply ends: once, whoever ends it, and the customer is told."""

import logging

from django.db import transaction
from django.db.models.functions import Now

from chatsite.chat import drafts, statements
from chatsite.chat.models import Conversation, Message
from chatsite.chat.questions import Change, owe
from routing import verdicts
from routing.models import Verdict

logger = logging.getLogger(__name__)

State = Message.State
Failure = Message.Failure


def end(
    reply: Message, state: str, *, failure: str = "", text: str = "", newest_at: int = -1
) -> Change | None:
    """End the reply while this attempt owns it, and owe the next where the customer went on.

    `newest_at`: a revision at which the reply is known to have been the newest message.
    """
    conversation = statements.locked(reply.conversation_id)
    outcome = drafts.outcome(reply, state, failure, text)
    if outcome in drafts.STANDS:
        drafts.stand(reply)
    else:
        reply.state, reply.failure, reply.text = state, failure, text
    reply.sources = reply.sources if reply.text else []
    if not statements.end(reply):
        return None
    if outcome:
        verdicts.ended(reply.reference, outcome)
    before = conversation.revision
    position = conversation.advance(positions=2)
    following = None
    if before != newest_at and conversation.handled_by_id is None:
        said = conversation.messages.filter(position__gt=reply.position).order_by("position")
        roles = list(said.values_list("role", "created_at"))
        if roles and roles[-1][0] == Message.Role.CUSTOMER:
            # P2 counts from the words that have waited longest.
            since = min(at for role, at in roles if role == Message.Role.CUSTOMER)
            following = owe(conversation, position, since)
    logger.info("%s ended: %s %s", reply.charge_reference, reply.state, reply.failure)
    return Change(
        conversation,
        before,
        conversation.revision,
        added=(following,) if following else (),
        altered=(reply,),
        reply_id=following.pk if following else None,
    )


def end_overdue() -> list[Change]:
    """A visible error for each reply whose time is up, whoever should have written it (P2)."""
    overdue = Message.objects.open().filter(deadline__lt=Now()).select_related("conversation")
    changes = []
    for reply in overdue[:200]:
        with transaction.atomic():
            change = end(reply, State.FAILED, failure=Failure.LATE)
        if change:
            changes.append(change)
    return changes


def cancel(conversation: Conversation) -> Message | None:
    """End the open reply because a person answers; the caller holds the conversation's lock."""
    reply = conversation.messages.open().select_for_update().first()
    if reply is None:
        return None
    if reply.stage == Message.Stage.ESCALATED:
        if not reply.text:
            drafts.stand(reply)
        reply.failure = ""
        verdicts.ended(reply.reference, Verdict.Outcome.STOPPED)
    reply.state = State.CANCELLED
    statements.end(reply)
    return reply
