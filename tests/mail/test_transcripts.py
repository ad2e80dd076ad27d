"""All that was said comes by mail to whoever wants it, and strangers are spared."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from django.test import Client
from django.utils import timezone

from chatsite.chat.actions import staff_reply
from chatsite.chat.web import visitors
from chatsite.mail import sending
from chatsite.mail.models import Transcript
from chatsite.staff import roles
from tests import receivers
from tests.chat.test_admin import member, text
from tests.chat.told import Told, prices
from tests.guards import guards

MIA = "Mia@mail.example"


@pytest.fixture
def server(settings):
    with receivers.mailbox() as outgoing:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", outgoing.port
        settings.REPLY_ADDRESS = "reply@shop.example"
        yield outgoing


@guards("chatsite/mail/transcripts.py", "exclude(role=Message.Role.CUSTOMER)", "all()")
@guards("chatsite/chat/web/rate_limits.py", '_take("mails to", mailbox,', 'print("",')
@guards("chatsite/chat/web/rate_limits.py", '_take("mails", visitor,', 'print("",')
@guards("chatsite/chat/actions/leave_address.py", "if len(address) > LONGEST:", "if False:")
@pytest.mark.django_db
def test_the_whole_conversation_comes_by_mail_a_few_times_a_day(server):
    prices()
    client = Client(headers={"host": "localhost", "accept-language": "de"})
    client.get("/new/")
    cookies = {name: each.value for name, each in client.cookies.items()}
    told = Told(visitor=visitors.held(cookies)).asks("My <b>pen</b> leaks.")
    path = f"/c/{told.public_id}/transcript/"
    assert "noch nichts beantwortet" in text(client.post(path, {"email": MIA}))
    told.answered()
    staff_reply.send(told.conversation.pk, member("nora", roles.STAFF), "Which **pen** is it?")
    assert "Kopie per E-Mail" in text(client.get(f"/c/{told.public_id}/"))

    too_long = f"mia@{'.'.join(['mail' * 15] * 5)}"
    for address in ("mia@", too_long):
        assert client.post(path, {"email": address}).status_code == 422
    for _ in range(3):
        part = client.post(path, {"email": MIA}, headers={"hx-request": "true"})
        assert f"unterwegs an {MIA}" in part.content.decode()
    assert Client().post(path, {"email": MIA}).status_code == 404
    assert sending.send(timezone.now()) == 1

    (sent,) = server.messages
    mail = email.message_from_string(sent, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["To"] == MIA
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, page = (part.get_content() for part in mail.iter_parts())
    assert plain.index("My <b>pen</b> leaks.") < plain.index("Which **pen** is it?")
    assert "Sie erhalten diese Mail" in plain
    assert "My &lt;b&gt;pen&lt;/b&gt; leaks." in page
    assert Transcript.objects.get().address == ""
    assert "morgen wieder" in text(client.post(path, {"email": "other@mail.example"}))
    stranger = Client(headers={"host": "localhost"})
    stranger.get("/new/")
    held = {name: each.value for name, each in stranger.cookies.items()}
    own = Told(visitor=visitors.held(held)).asks("Hello?").answered()
    again = stranger.post(f"/c/{own.public_id}/transcript/", {"email": "mia+2@mail.example"})
    assert "a lot of mail for one day" in text(again)
    assert not Transcript.objects.filter(state="due").exists()
