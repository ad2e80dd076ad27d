"""What people of the team write goes to the address that the customer has left."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chatsite.chat.models import Conversation, Message
from chatsite.mail import reply_address
from chatsite.mail.models import SentAnswer
from chatsite.shop import current

logger = logging.getLogger(__name__)

State = SentAnswer.State

# The customer may still be here: who answers in the chat within it needs no mail.
PATIENCE = timedelta(minutes=1)
# Messages looked back at for what a mail is owed for, and mails of one round.
LOOKED_BACK, PER_ROUND = timedelta(days=3), 50
# Longer than a try takes; then twice the wait each time. 9 tries take some 14 hours.
LEASE, FIRST_WAIT, MOST_TRIES = timedelta(minutes=2), timedelta(minutes=3), 9
# What a reply is written above: the same in each language, as it is looked for.
MARKER = "##- - - - - - - -##"


def look(now: datetime) -> int:
    """Owe a mail for each message of a person that has none yet; returns how many. Repeatable."""
    written = Message.objects.filter(
        role=Message.Role.STAFF,
        created_at__gt=now - LOOKED_BACK,
        created_at__gte=F("conversation__email_at"),
        sent_answer=None,
    ).exclude(conversation__email="")
    owed = [
        SentAnswer(message=message, due_at=message.created_at + PATIENCE)
        for message in written[:PER_ROUND]
    ]
    return len(SentAnswer.objects.bulk_create(owed, ignore_conflicts=True))


def send(now: datetime) -> int:
    """Try what is due; returns how many were handed in. Safe to run twice at once."""
    due = SentAnswer.objects.filter(state=State.DUE, due_at__lte=now).order_by("due_at", "id")
    return sum(
        _tried(each, now) for each in due.select_related("message__conversation")[:PER_ROUND]
    )


def _tried(answer: SentAnswer, now: datetime) -> bool:
    """Whether the mail server has taken it by this try."""
    mine = SentAnswer.objects.filter(pk=answer.pk, state=State.DUE, tries=answer.tries)
    if not mine.filter(due_at__lte=now).update(tries=F("tries") + 1, due_at=now + LEASE):
        return False  # another worker has it
    answer.tries += 1
    mine = SentAnswer.objects.filter(pk=answer.pk, tries=answer.tries)
    held, message = answer.message.conversation, answer.message
    if not held.email or _went_on_in_the_chat(held, message):
        mine.update(state=State.NOT_NEEDED)
        return False
    try:
        _mail(held, message).send()
    except (smtplib.SMTPException, OSError) as error:
        # The class alone: what the server says may repeat addresses.
        again = State.GIVEN_UP if answer.tries >= MOST_TRIES else State.DUE
        wait = FIRST_WAIT * (1 << (answer.tries - 1))
        result = type(error).__name__
        mine.update(state=again, due_at=now + wait, tried_at=now, result=result)
        logger.warning("%s of %s, try %d: %s", answer, held.reference, answer.tries, result)
        return False
    mine.update(state=State.SENT, tried_at=now, result="handed in")
    logger.info("%s of %s handed in", answer, held.reference)
    return True


def _went_on_in_the_chat(held: Conversation, message: Message) -> bool:
    """The customer has written since, so they have read it."""
    later = held.messages.filter(position__gt=message.position, role=Message.Role.CUSTOMER)
    return later.exists()


def _mail(held: Conversation, message: Message) -> EmailMessage:
    base = settings.REPLY_ADDRESS
    site = current.name()
    with translation.override(held.email_language or settings.LANGUAGE_CODE):
        asks = _("Please reply above this line.")
        why = _("You get this mail because you left your address in the chat with %(site)s.")
        subject = _("Answer from %(site)s") % {"site": site}
    body = f"{MARKER}\n{asks}\n\n{message.text}\n\n--\n{why % {'site': site}}\n"
    first = f"<{held.public_id.hex}@{base.rpartition('@')[2]}>"
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=[held.email],
        reply_to=[reply_address.of(held.pk, held.email, base)],
        headers={
            "Message-ID": f"<{held.public_id.hex}.{message.pk}@{base.rpartition('@')[2]}>",
            # One thread for each conversation.
            "References": first,
            "In-Reply-To": first,
            # Out of office, and what else nobody has written.
            "X-Auto-Response-Suppress": "All",
            "Date": timezone.localtime(timezone.now()).strftime("%a, %d %b %Y %H:%M:%S %z"),
        },
    )
