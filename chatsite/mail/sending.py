"""Mail to customers: what people of the team write, and the transcript that somebody wants."""

import logging
import smtplib
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chatsite.chat.models import Conversation, Message
from chatsite.mail import reply_address
from chatsite.mail.models import Job, SentAnswer, Transcript
from chatsite.shop import current_shop

logger = logging.getLogger(__name__)

State = Job.State

# The customer may still be here: who answers in the chat within it needs no mail.
PATIENCE = timedelta(minutes=1)
# Newest messages that are checked for missing mails, and mails sent in one round.
LOOKED_BACK, PER_ROUND = timedelta(days=3), 50
# Longer than a try takes; then twice the wait each time. 9 tries take some 14 hours.
MAIL_LEASE, FIRST_WAIT, MOST_TRIES = timedelta(minutes=2), timedelta(minutes=3), 9
# Bytes of files in one mail, which grow by a third; the chat has what is larger.
MOST_ATTACHED = 10 * 1024 * 1024
# The line above which a reply is written: the same in each language, so that it is found.
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
    answers = SentAnswer.objects.select_related("message__conversation")
    transcripts = Transcript.objects.select_related("conversation")
    return sum(
        _tried(each, now)
        for jobs in (answers, transcripts)
        for each in jobs.filter(state=State.DUE, due_at__lte=now).order_by("due_at", "id")[
            :PER_ROUND
        ]
    )


def _tried(job: SentAnswer | Transcript, now: datetime) -> bool:
    """Whether the mail server has taken it by this try."""
    jobs = type(job)._default_manager
    mine = jobs.filter(pk=job.pk, state=State.DUE, tries=job.tries)
    if not mine.filter(due_at__lte=now).update(tries=F("tries") + 1, due_at=now + MAIL_LEASE):
        return False  # another worker has it
    job.tries += 1
    mine = jobs.filter(pk=job.pk, tries=job.tries)
    over: dict[str, str] = {"address": ""} if isinstance(job, Transcript) else {}
    mail = _transcript(job) if isinstance(job, Transcript) else _answer(job)
    if mail is None:
        mine.update(state=State.NOT_NEEDED, **over)
        return False
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        # The class alone: what the server says may repeat addresses.
        is_over = job.tries >= MOST_TRIES
        wait = FIRST_WAIT * (1 << (job.tries - 1))
        result = type(error).__name__
        state = State.GIVEN_UP if is_over else State.DUE
        again = {"state": state, "due_at": now + wait, "tried_at": now, "result": result}
        mine.update(**again, **(over if is_over else {}))
        logger.warning("%s, try %d: %s", job, job.tries, result)
        return False
    mine.update(state=State.SENT, tried_at=now, result="handed in", **over)
    logger.info("%s handed in", job)
    return True


def _answer(job: SentAnswer) -> EmailMessage | None:
    held, message = job.message.conversation, job.message
    return _mail(held, message) if held.email and not _went_on_in_the_chat(held, message) else None


def _transcript(job: Transcript) -> EmailMessage | None:
    """What the customer has read, in its order: as text, and as the page shows it."""
    held, site = job.conversation, current_shop.name()
    said = held.messages.filter(state=Message.State.COMPLETE)
    with translation.override(job.language or settings.LANGUAGE_CODE):
        context = {"said": list(said.order_by("position")), "site": site}
        subject = _("Your conversation with %(site)s") % {"site": site}
        body = render_to_string("mail/transcript.txt", context)
        page = render_to_string("mail/transcript.html", context)
    if not context["said"]:
        return None
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=body,
        to=[job.address],
        headers={
            "Message-ID": f"<{held.public_id.hex}.transcript.{job.pk}@{_domain()}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(page, "text/html")
    return mail


def _domain() -> str:
    address = settings.REPLY_ADDRESS or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2]


def _went_on_in_the_chat(held: Conversation, message: Message) -> bool:
    """The customer has written in the chat since, so they have read it."""
    later = held.messages.filter(position__gt=message.position, role=Message.Role.CUSTOMER)
    return later.exists()


def _mail(held: Conversation, message: Message) -> EmailMessage:
    base = settings.REPLY_ADDRESS
    site = current_shop.name()
    with translation.override(held.email_language or settings.LANGUAGE_CODE):
        asks = _("Please reply above this line.")
        why = _("You get this mail because you left your address in the chat with %(site)s.")
        subject = _("Answer from %(site)s") % {"site": site}
    files = message.attachments.all()
    said = message.text or "\n".join(file.name for file in files)
    body = f"{MARKER}\n{asks}\n\n{said}\n\n--\n{why % {'site': site}}\n"
    first = f"<{held.public_id.hex}@{base.rpartition('@')[2]}>"
    mail = EmailMessage(
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
    room = MOST_ATTACHED
    for file in files:
        if file.size <= room:
            room -= file.size
            if content := file.content():
                mail.attach(file.name, content, file.content_type)
    return mail
