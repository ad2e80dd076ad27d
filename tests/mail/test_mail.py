"""A customer leaves an address: answers of people go there, and replies to them come back."""

import email
import email.policy
import uuid
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from chatsite import env
from chatsite.chat.actions import (
    ask_for_person,
    delete_conversation,
    resolve_or_snooze,
    staff_reply,
)
from chatsite.chat.attachments import uploads
from chatsite.chat.web import visitors
from chatsite.mail import receiving, sending
from chatsite.mail.models import ReceivedMail, SentAnswer
from chatsite.staff import roles
from tests import files, receivers
from tests.chat.test_admin import member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards

MIA = "Mia@mail.example"


@pytest.fixture
def servers(settings, monkeypatch):
    """Where mail is handed in, and where it arrives."""
    with receivers.mailbox() as outgoing, receivers.inbox() as incoming:
        monkeypatch.setenv("IMAP_URL", incoming.url)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", outgoing.port
        settings.REPLY_ADDRESS, settings.IMAP = "reply@shop.example", env.mailbox("IMAP_URL")
        yield outgoing, incoming


@pytest.fixture
def customer(db, servers) -> tuple[Client, Told]:
    prices()
    client = Client(headers={"host": "localhost"})
    client.get("/new/")
    cookies = {name: each.value for name, each in client.cookies.items()}
    return client, Told(visitor=visitors.held(cookies)).asks("My pen leaks.").answered()


def mailed(servers, told: Told) -> EmailMessage:
    """What the customer got of a person's answer."""
    staff_reply.send(told.conversation.pk, nora(), "Which **pen** is it?")
    later = timezone.now() + timedelta(minutes=2)
    sending.look(later)
    sending.send(later)
    sending.look(later)
    sending.send(later)
    (sent,) = servers[0].messages
    found = email.message_from_string(sent, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def nora() -> User:
    return member("nora", roles.STAFF)


def reply(to: str, words: str = "The blue one.", sender: str = MIA, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = sender, to, f"<{words[:9]}@mail.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(f"{words}\n\nOn Monday, Nora wrote:\n> {sending.MARKER}\n> Which pen?\n")
    return mail


@guards("chatsite/mail/receiving.py", "if mail.sender != held.email.lower():", "if False:")
@guards("chatsite/mail/receiving.py", "    if mail.is_automatic:\n", "    if False:\n")
@guards("chatsite/mail/reply_address.py", "bool(customer) and constant_time_compare", "max")
@guards("chatsite/mail/sending.py", "if held.email and not", "if")
def test_an_answer_goes_to_the_customer_and_the_reply_comes_back(servers, customer):
    client, told = customer
    outgoing, incoming = servers
    path = f"/c/{told.public_id}/address/"
    ask_for_person.request(told.public_id, told.visitor, True)
    assert "Answer me by e-mail too" in text(client.get(f"/c/{told.public_id}/"))
    assert "not an e-mail address" in text(client.post(path, {"email": "mia@"}))
    client.post(path, {"email": MIA}, headers={"accept-language": "de"})
    assert f"go to {MIA}" in text(client.get(f"/c/{told.public_id}/"))

    mail = mailed(servers, told)
    body = mail.get_content()
    assert mail["To"] == MIA
    assert "Which **pen** is it?" in body
    assert "Bitte antworten Sie oberhalb dieser Zeile." in body
    address = mail["Reply-To"]
    assert address.startswith("reply+")

    answer = reply(address)
    answer.add_attachment(b"x" * 10, maintype="image", subtype="png", filename="pen.png")
    digit = address[address.index("@") - 1]
    strange = address.replace(f"{digit}@", f"{'0' if digit != '0' else '1'}@")
    incoming.mails += [
        bytes(each)
        for each in (
            *(answer, answer, reply(strange, "Forged."), reply("hello@shop.example", "Hello.")),
            reply(address, "From elsewhere.", sender="eve@mail.example"),
            reply(address, "Away.", Auto_Submitted="auto-replied"),
        )
    ]
    incoming.mails.append(b"x" * (receiving.LARGEST + 1))
    call_command("fetch_mail")
    assert receiving.fetch() == 0

    said = told.conversation.messages.filter(role="customer").latest("position")
    assert said.text == "The blue one.\n[pen.png: not accepted]"
    assert told.conversation.messages.filter(role="customer").count() == 2
    results = sorted(ReceivedMail.objects.values_list("result", flat=True))
    assert results == [
        *("automatic", "not_ours", "not_ours", "other_sender", "taken", "too_large"),
    ]
    assert len(outgoing.messages) == 1
    assert incoming.passwords[0] == "of-the-mailbox"
    page = text(signed_in(member("olga", roles.STAFF)).get(f"/inbox/{told.conversation.pk}/"))
    assert f"Your replies also go to {MIA}." in page

    client.post(path, {"email": ""})
    incoming.mails.append(bytes(reply(address, "Too late.")))
    assert receiving.fetch() == 0
    delete_conversation.conversations([told.conversation.pk])
    assert not SentAnswer.objects.exists()


@guards("chatsite/mail/sending.py", "        if file.size <= room:\n", "        if False:\n")
@guards("chatsite/mail/sending.py", 'message.text or "', 'message.text and "')
def test_a_file_that_somebody_of_the_team_sends_comes_by_mail(servers, customer, settings):
    client, told = customer
    ask_for_person.request(told.public_id, told.visitor, True)
    client.post(f"/c/{told.public_id}/address/", {"email": MIA})
    person, label = nora(), files.uploaded(files.document("Label"), "label.pdf")
    sent = uploads.take(uuid.uuid4(), label, author=person).public_id

    staff_reply.send(told.conversation.pk, person, "", files=[sent])
    sending.look(timezone.now())
    sending.send(timezone.now() + timedelta(minutes=2))

    mail = email.message_from_string(servers[0].messages[0], policy=email.policy.default)
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (
        "label.pdf",
        "application/pdf",
    )
    assert attached.get_content().startswith(b"%PDF-")
    body = mail.get_body()
    assert body is not None
    assert "label.pdf" in body.get_content()


def test_who_goes_on_in_the_chat_gets_no_mail(servers, customer):
    client, told = customer
    ask_for_person.request(told.public_id, told.visitor, True)
    client.post(f"/c/{told.public_id}/address/", {"email": MIA})
    staff_reply.send(told.conversation.pk, nora(), "Hello.")
    told.asks("I am still here.")

    sending.look(timezone.now())
    sending.send(timezone.now() + timedelta(minutes=2))

    assert SentAnswer.objects.get().state == "not_needed"
    assert servers[0].messages == []


def test_a_reply_that_nobody_waits_for_calls_a_person_and_a_bounce_is_kept(servers, customer):
    client, told = customer
    ask_for_person.request(told.public_id, told.visitor, True)
    client.post(f"/c/{told.public_id}/address/", {"email": MIA})
    servers[0].refusals.append("451 later")
    staff_reply.send(told.conversation.pk, nora(), "Which pen is it?")
    later = timezone.now() + timedelta(minutes=2)
    sending.look(later)
    sending.send(later)
    assert SentAnswer.objects.get().result == "SMTPDataError"
    sending.send(later + timedelta(minutes=4))
    (sent,) = servers[0].messages
    address = email.message_from_string(sent)["Reply-To"]
    resolve_or_snooze.resolve(told.conversation.pk)

    servers[1].mails.append(bytes(reply(address, "It leaks again.")))
    receiving.fetch()

    held = told.conversation
    assert held.resolved_at is None
    assert held.wants_person_since is not None
    report = f"From: x@y.example\r\nTo: {address}\r\nContent-Type: multipart/report;"
    servers[1].mails.append(f"{report} report-type=delivery-status; boundary=b\r\n\r\n".encode())
    receiving.fetch()
    assert SentAnswer.objects.get().state == "bounced"
    assert servers[0].messages == [sent]
