"""Tells the team by mail that a customer waits for a person; programs are told of it as an event.

From the state of the conversations, not from events: what a crash loses is found again.
"""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing.alerts.errors import NotDelivered
from chatsite.business_hours.models import calendar
from chatsite.chat import displayed_messages, outgoing_events
from chatsite.chat.models import Conversation
from chatsite.inbox.models import Notice, TeamNotifications, addresses
from chatsite.shop import current_shop
from chatsite.webhooks.models import Kind as EventKind

logger = logging.getLogger(__name__)

Kind, Channel, State = Notice.Kind, Notice.Channel, Notice.State

# Waiting conversations of one round, and deliveries.
PER_ROUND = 200
# Longer than a try takes; then twice the wait each time. 8 tries take some 20 minutes.
NOTICE_LEASE, FIRST_WAIT, MOST_TRIES = timedelta(minutes=2), timedelta(seconds=10), 8


def look(now: datetime) -> int:
    """Owe a notice for each request that nobody has been told of; returns how many. Repeatable."""
    team = TeamNotifications.objects.first() or TeamNotifications()
    waiting = Conversation.objects.waiting().order_by("wants_person_since")[:PER_ROUND]
    late = _late(team, now)
    owed = []
    for conversation in waiting:
        asked_at = conversation.wants_person_since
        assert asked_at is not None  # or it would not be waiting
        is_late = late is not None and asked_at <= late
        kinds = [Kind.ASKED, *([Kind.ESCALATED] if is_late else [])]
        if is_late:
            _escalate(conversation, asked_at)
        owed += [
            Notice(
                conversation=conversation, asked_at=asked_at, kind=kind, channel=channel, due_at=now
            )
            for kind in kinds
            for channel in _channels(team, kind)
        ]
    return len(Notice.objects.bulk_create(owed, ignore_conflicts=True))


def deliver(now: datetime) -> int:
    """Try what is due; returns how many have arrived. Safe to run twice at once."""
    due = Notice.objects.filter(state=State.DUE, due_at__lte=now).order_by("due_at")
    return sum(_tried(notice, now) for notice in due.select_related("conversation")[:PER_ROUND])


def _escalate(conversation: Conversation, asked_at: datetime) -> None:
    """Tell programs, once for each request."""
    with transaction.atomic():
        outgoing_events.happened(
            conversation,
            EventKind.ESCALATED,
            identity=f"escalated:{conversation.pk}:{int(asked_at.timestamp())}",
            asked_at=asked_at.isoformat(),
            question=displayed_messages.newest_question(conversation),
        )


def _late(team: TeamNotifications, now: datetime) -> datetime | None:
    """Who asked before this moment has waited too long; None while nobody could have come."""
    waited = now - timedelta(minutes=team.escalate_after)
    hours = calendar(now)
    if hours is None:
        return waited
    since = hours.open_since(now)
    # Who asked at night has waited since the morning.
    return waited if since and since <= waited else None


def _channels(team: TeamNotifications, kind: Notice.Kind) -> list[Notice.Channel]:
    emails = team.emails if kind == Kind.ASKED else team.escalation_emails
    return [Channel.EMAIL] if addresses(emails) else []


def _tried(notice: Notice, now: datetime) -> bool:
    """Whether it has arrived by this try."""
    mine = Notice.objects.filter(pk=notice.pk, state=State.DUE, tries=notice.tries)
    if not mine.filter(due_at__lte=now).update(tries=F("tries") + 1, due_at=now + NOTICE_LEASE):
        return False  # another worker has it
    notice.tries += 1
    mine = Notice.objects.filter(pk=notice.pk, tries=notice.tries)
    held = notice.conversation
    if held.wants_person_since != notice.asked_at or held.handled_by_id is not None:
        mine.update(state=State.NOT_NEEDED)
        return False
    try:
        result, arrived = _send(notice), True
    except NotDelivered as error:
        result, arrived = str(error)[:200], False
    again = State.GIVEN_UP if notice.tries >= MOST_TRIES else State.DUE
    state = State.SENT if arrived else again
    wait = FIRST_WAIT * 2 ** (notice.tries - 1)
    mine.update(state=state, due_at=timezone.now() + wait, result=result)
    log = logger.info if arrived else logger.warning
    log("%s (%s), try %d: %s", notice, held.reference, notice.tries, result)
    return arrived


def _send(notice: Notice) -> str:
    """Raises NotDelivered."""
    held = notice.conversation
    content = {
        "id": notice.reference,
        "event": f"person.{notice.kind}",
        "conversation": held.public_id.hex,
        "asked_at": timezone.localtime(notice.asked_at).isoformat(timespec="seconds"),
        "question": displayed_messages.newest_question(held),
        "url": f"{settings.SITE_URL}/inbox/{held.pk}/",
    }
    return _mail(notice, content)


def _mail(notice: Notice, content: dict[str, str]) -> str:
    """Raises NotDelivered."""
    team = TeamNotifications.objects.first() or TeamNotifications()
    is_late = notice.kind == Kind.ESCALATED
    to = addresses(team.escalation_emails if is_late else team.emails)
    if not to:
        raise NotDelivered("no longer configured")
    what = "Nobody has answered yet" if is_late else "A customer asks for a person"
    message = EmailMessage(
        subject=f"[{current_shop.name()}] {what}",
        body=f"{what}.\n\nAsked {content['asked_at']}: {content['question']}\n{content['url']}\n",
        to=to,
    )
    try:
        message.send()
    except (smtplib.SMTPException, OSError) as error:
        # The class alone: what the server says may repeat addresses.
        raise NotDelivered(type(error).__name__) from error
    return f"sent to {len(to)}"
