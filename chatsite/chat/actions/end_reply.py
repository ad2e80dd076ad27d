"""How a reply ends: once, whoever ends it.

A doubted cheap answer is a draft: shown while the strong tier writes, and kept if it cannot.
"""

import logging

from django.db import transaction
from django.db.models.functions import Now

from chatsite.chat import outgoing_events, pending_reply, sql
from chatsite.chat.change_announcements import Change
from chatsite.chat.models import Conversation, Message
from routing.checks import check_records
from routing.models import AnswerCheck
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)

State = Message.State
Failure = Message.Failure
Outcome = AnswerCheck.Outcome

# Why a draft stands, by how the strong tier's attempt ended; anything else is its failure.
OUTCOMES = {Failure.NO_ROOM: Outcome.NO_ROOM, Failure.LATE: Outcome.NO_TIME}
SHOWN_AS_DRAFTED = {Outcome.NO_ROOM, Outcome.NO_TIME, Outcome.FAILED}


def end(
    reply: Message, state: str, *, failure: str = "", text: str = "", newest_at: int = -1
) -> Change | None:
    """End the reply while this attempt owns it, and owe the next where the customer went on.

    `newest_at`: a revision at which the reply is known to have been the newest message. None where
    the attempt does not own it, or it was deleted.
    """
    conversation = sql.locked(reply.conversation_id)
    if conversation is None:
        return None
    outcome = _outcome(reply, state, failure, text)
    if outcome in SHOWN_AS_DRAFTED:
        _show_draft(reply)
    else:
        reply.state, reply.failure, reply.text = state, failure, text
    reply.sources = reply.sources if reply.text else []
    if reply.text and reply.first_words_ms is None:
        reply.first_words_ms = pending_reply.waited_ms(reply)
    # No answer, one that is doubted, or one to a picture that the model was not shown.
    is_none = reply.state in {State.CUT, State.FAILED}
    if is_none or outcome in SHOWN_AS_DRAFTED or reply.files_unseen:
        reply.offers_person = True
    if not sql.end(reply):
        return None
    if outcome:
        check_records.ended(reply.reference, outcome)
    if reply.text and reply.state in {State.COMPLETE, State.CUT}:
        outgoing_events.said(conversation, reply)
    logger.info("%s ended: %s %s", reply.charge_reference, reply.state, reply.failure)
    return _followed(conversation, reply, is_newest=conversation.revision == newest_at)


def stop(conversation: Conversation, reply: Message) -> Change:
    """End an open reply because the customer wants no more; the caller holds both locks."""
    _cancel(reply, Failure.STOPPED)
    return _followed(conversation, reply, is_newest=False)


def _followed(conversation: Conversation, reply: Message, *, is_newest: bool) -> Change:
    """The end of a reply, and the next one where the customer went on meanwhile."""
    before = conversation.revision
    position = conversation.advance(positions=2)
    following = None
    if not is_newest and conversation.handled_by_id is None:
        said = conversation.messages.filter(position__gt=reply.position).order_by("position")
        roles = list(said.values_list("role", "created_at"))
        if roles and roles[-1][0] == Message.Role.CUSTOMER:
            # P2 counts from the words that have waited longest.
            since = min(at for role, at in roles if role == Message.Role.CUSTOMER)
            following = pending_reply.add(conversation, position, since)
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
    if reply is not None:
        _cancel(reply, "")
    return reply


def _cancel(reply: Message, failure: str) -> None:
    if reply.stage == Message.Stage.ESCALATED:
        if not reply.text:
            _show_draft(reply)
        check_records.ended(reply.reference, AnswerCheck.Outcome.STOPPED)
    reply.state, reply.failure = State.CANCELLED, failure
    sql.end(reply)


def _outcome(reply: Message, state: str, failure: str, text: str) -> AnswerCheck.Outcome | None:
    """What comes of the reply's verdict if the reply ends like this; None for one without a draft.

    A draft that is whole is better than an answer that is not.
    """
    if reply.stage != Message.Stage.ESCALATED:
        return None
    if state == State.COMPLETE or (text and reply.failure):
        return Outcome.REPLACED
    return OUTCOMES.get(Failure(failure), Outcome.FAILED)


def _show_draft(reply: Message) -> None:
    """Let what stands in for it be the reply; else the draft, as whole as it is."""
    if reply.instead:
        reply.text, reply.tier, reply.stage = reply.instead, Tier.CHEAP, Message.Stage.QUOTED
        reply.state, reply.failure = State.COMPLETE, ""
        return
    reply.text, reply.tier, reply.stage = reply.draft, Tier.CHEAP, Message.Stage.KEPT
    if not reply.failure:
        reply.state = State.COMPLETE
    elif reply.text.strip():
        reply.state = State.CUT
    else:
        reply.state = State.FAILED
