"""Replies come back: read from the mailbox once each, and into their conversation.

Nothing here ever answers a mail: only what a person writes is sent, so that two programs cannot
write to each other.
"""

import imaplib
import logging
import re
import ssl
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from billing import clock
from chatsite.chat import change_announcements
from chatsite.chat.actions import ask, ask_for_person
from chatsite.chat.change_announcements import Change
from chatsite.chat.errors import Ended, Refused
from chatsite.chat.models import Conversation
from chatsite.mail import mail_parsing, reply_address
from chatsite.mail.mail_parsing import Mail
from chatsite.mail.models import ReceivedMail, SentAnswer
from chatsite.mail.sending import MARKER

logger = logging.getLogger(__name__)

Result = ReceivedMail.Result

# Bytes of a mail with its attachments; of a larger one nothing is fetched.
LARGEST = 5 * 1024 * 1024
# Mails of one round, and of one conversation in a day.
PER_ROUND, PER_DAY = 100, 30
# Seconds for the server to answer.
TIMEOUT = 20
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class Unreachable(Exception):
    """The mailbox cannot be read; says why."""


def fetch() -> int:
    """Read what is new in the mailbox; returns how many came into a conversation.

    Each is marked as read once it is stored here. Raises Unreachable.
    """
    with _mailbox() as mailbox:
        found = _said(mailbox.uid("SEARCH", "UNSEEN"))[0]
        taken = 0
        for number in (found.split() if isinstance(found, bytes) else [])[:PER_ROUND]:
            uid = number.decode()
            taken += _take(_content(mailbox, uid)) == Result.TAKEN
            _said(mailbox.uid("STORE", uid, "+FLAGS", r"(\Seen)"))
        return taken


def _take(content: bytes | None) -> ReceivedMail.Result:
    """One mail, once: the same mail again changes nothing."""
    if content is None:
        return _kept(Result.TOO_LARGE, uuid.uuid4().hex)
    try:
        mail = mail_parsing.read(content, MARKER)
    except ValueError:
        return _kept(Result.UNREADABLE, uuid.uuid4().hex)
    if ReceivedMail.objects.filter(identity=mail.identity).exists():
        return Result.AUTOMATIC
    held = _conversation(mail)
    if held is None:
        return _kept(Result.NOT_OURS, mail.identity)
    if (refused := _refused(mail, held)) is not None:
        if refused == Result.BOUNCE:
            _has_bounced(held)
        return _kept(refused, mail.identity, held)
    try:
        made = _written(mail, held)
    except Ended:
        return _kept(Result.ENDED, mail.identity, held)
    except (Refused, IntegrityError) as error:
        logger.warning("A mail to %s was not taken: %s", held.reference, type(error).__name__)
        return _kept(Result.UNREADABLE, mail.identity, held)
    for change in made:
        change_announcements.announce(change)
    return Result.TAKEN


def _conversation(mail: Mail) -> Conversation | None:
    """By the signed address alone."""
    for address in mail.recipients:
        if named := reply_address.number(address, settings.REPLY_ADDRESS):
            number, signature = named
            held = Conversation.objects.filter(pk=number).first()
            if held and reply_address.is_of(signature, held.pk, held.email):
                return held
    return None


def _refused(mail: Mail, held: Conversation) -> ReceivedMail.Result | None:
    day = clock.now() - timedelta(days=1)
    if mail.is_bounce:
        return Result.BOUNCE
    if mail.is_automatic:
        return Result.AUTOMATIC
    # Somebody to whom the mail was forwarded has the address too.
    if mail.sender != held.email.lower():
        return Result.OTHER_SENDER
    if not mail.text and not mail.attachments:
        return Result.EMPTY
    if held.received_mail.filter(received_at__gt=day).count() >= PER_DAY:
        return Result.TOO_MANY
    return None


@transaction.atomic
def _written(mail: Mail, held: Conversation) -> list[Change]:
    """The customer has said it; without somebody who answers, a person is asked for."""
    notes = "".join(f"\n[{name}: not accepted]" for name in mail.attachments[:10])
    text = mail.text[: settings.MESSAGE_LENGTH - len(notes)] + notes
    client_id = uuid.uuid5(uuid.NAMESPACE_OID, mail.identity)
    said = ask.question(held.public_id, held.visitor, text, client_id, held.address)
    wish = ask_for_person.request(held.public_id, held.visitor, True)
    _keep(Result.TAKEN, mail.identity, held)
    return [said, wish]


def _has_bounced(held: Conversation) -> None:
    sent = SentAnswer.objects.filter(message__conversation=held, state=SentAnswer.State.SENT)
    if newest := sent.first():
        SentAnswer.objects.filter(pk=newest.pk).update(state=SentAnswer.State.BOUNCED)


def _kept(
    result: ReceivedMail.Result, identity: str, held: Conversation | None = None
) -> ReceivedMail.Result:
    _keep(result, identity, held)
    return result


def _keep(result: ReceivedMail.Result, identity: str, held: Conversation | None) -> None:
    known = {"conversation": held, "result": result, "received_at": clock.now()}
    ReceivedMail.objects.get_or_create(identity=identity, defaults=known)
    logger.info("A mail to %s: %s", held.reference if held else "nobody", result)


def _content(mailbox: imaplib.IMAP4, uid: str) -> bytes | None:
    """None for one that is too large. It is not marked as read by this."""
    said = _said(mailbox.uid("FETCH", uid, "(RFC822.SIZE)"))
    # Servers put UID before it or behind it, and news of other mails beside it.
    sizes = (_SIZE.search(line) for line in said if isinstance(line, bytes))
    found = next((size for size in sizes if size), None)
    if found is None:
        raise imaplib.IMAP4.error("no size")
    if int(found[1]) > LARGEST:
        return None
    parts = _said(mailbox.uid("FETCH", uid, "(BODY.PEEK[])"))
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")


@contextmanager
def _mailbox() -> Iterator[imaplib.IMAP4]:
    """Raises Unreachable."""
    server = settings.IMAP
    if server is None:
        raise Unreachable("No mailbox is set")
    try:
        mailbox: imaplib.IMAP4
        if server.ssl:
            secure = ssl.create_default_context()
            mailbox = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=secure, timeout=TIMEOUT
            )
        else:
            mailbox = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT)
            if server.tls:
                mailbox.starttls(ssl.create_default_context())
        with mailbox:
            mailbox.login(server.user, server.password)
            _said(mailbox.select(server.folder))
            yield mailbox
    except (imaplib.IMAP4.error, OSError) as error:
        # The class alone: what the server says may repeat the account.
        raise Unreachable(f"The mailbox cannot be read: {type(error).__name__}") from error


def _said(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    """Raises IMAP4.error where the server says no."""
    kind, found = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(kind)
    return found
