"""What customers read, in their language: complete, compiled, chosen, and in its own direction."""

import re
import time
import uuid
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.utils import timezone, translation

from chatsite.asgi import application
from chatsite.chat import change_announcements
from chatsite.chat.actions import ask_for_person
from chatsite.chat.live import bus
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import fragments, visitors
from tests import messages
from tests.chat.test_admin import member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards

HOST = {"host": "localhost"}
LANGUAGES = messages.languages()
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_ten_languages_beside_english_are_there():
    assert {"ar", "de", "es", "fr", "ja", "nl", "pl", "pt", "tr", "zh_Hans"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_everything_and_nothing_else(language):
    known = {message.id: message for message in messages.catalogue(language) if message.id}
    wanted = {text: text for text in messages.texts()}

    assert wanted.keys() - known.keys() == set()
    assert known.keys() - wanted.keys() == set()
    for source, message in known.items():
        strings: Any = message.string
        said: tuple[str, ...] = strings if isinstance(strings, tuple) else (strings,)
        assert all(said), source
        assert "fuzzy" not in message.flags
        places = set(PLACES.findall(source if isinstance(source, str) else " ".join(source)))
        # Arabic says one and two in words.
        assert all(set(PLACES.findall(each)) <= places for each in said), source
        assert set(PLACES.findall(said[-1])) == places, source


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    """`python -m tests.messages` compiles it anew."""
    compiled = messages.LOCALE / language / "LC_MESSAGES" / "django.mo"

    assert compiled.read_bytes() == messages.compiled(language)


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("pl", 1, "Znaleziono 1 stronę."),
        ("pl", 3, "Znaleziono 3 strony."),
        ("pl", 5, "Znaleziono 5 stron."),
        ("ar", 2, "تم العثور على صفحتين."),
        ("ja", 7, "7 件のページが見つかりました。"),
        ("fr", 0, "0 page trouvée."),
    ],
)
def test_numbers_take_their_own_forms(language, count, said):
    with translation.override(language):
        found = translation.ngettext("%(found)s page found.", "%(found)s pages found.", count)

    assert found % {"found": count} == said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "code", "direction", "words"),
    [
        ("de-AT,de;q=0.9", "de", "ltr", "Nachricht schreiben…"),
        ("ar", "ar", "rtl", "اكتب رسالة…"),
        ("zh-CN,zh", "zh-hans", "ltr", "写消息…"),
        ("pt-BR", "pt", "ltr", "Escreva uma mensagem…"),
        ("xx", "en", "ltr", "Write a message…"),
        ("", "en", "ltr", "Write a message…"),
    ],
)
def test_a_page_speaks_as_the_browser_asks(client, asked, code, direction, words):
    page = client.get("/new/", headers=HOST | {"accept-language": asked})

    html = page.content.decode()
    assert f'<html lang="{code}" dir="{direction}">' in html
    assert words in html
    assert page["Content-Language"] == code
    assert {"Accept-Language", "Cookie"} <= set(page["Vary"].split(", "))


@pytest.mark.django_db
def test_what_the_customer_chooses_stays(client):
    client.get("/new/?language=ja", headers=HOST | {"accept-language": "de"})

    page = client.get("/help/", headers=HOST | {"accept-language": "de"})

    assert "ヘルプ" in text(page)
    assert client.get("/new/?language=%00", headers=HOST).status_code < 500
    assert client.get("/new/?language=klingon", headers=HOST).status_code == 200


@pytest.mark.django_db
def test_staff_read_english_whatever_their_browser_says():
    staff = signed_in(member("nora", "staff"))

    page = staff.get("/admin/", headers={"accept-language": "de"})

    assert "Overview" in text(page)


@pytest.mark.django_db
def test_a_refusal_speaks_the_customers_language(client: Client):
    address = f"/c/{uuid.uuid4()}/ask/"
    client.get("/new/?language=nl", headers=HOST)

    page = client.post(address, {"client_id": uuid.uuid4(), "text": "x" * 5000}, headers=HOST)

    assert "Dat is te lang. Blijf onder de" in text(page)


@pytest.mark.django_db
@guards(
    "chatsite/chat/web/fragments.py",
    "    with in_language(language):\n        return",
    "    if True:\n        return",
)
def test_two_tabs_of_one_conversation_each_speak_their_own_language(db):
    prices()
    told = Told().asks("Hello?").answered("Hi.")
    frame = change_announcements.frame(ask_for_person.request(told.public_id, told.visitor, True))

    german = fragments.html(frame, language="de")
    japanese = fragments.html(frame, language="ja")

    assert "Anfrage zurückziehen" in german
    assert "依頼を取り消す" in japanese
    assert "Cancel request" in fragments.html(frame, language="en")


@guards("chatsite/chat/live/consumer.py", "html(frame, language=self.language))", "html(frame))")
@pytest.mark.django_db(transaction=True)
async def test_an_open_tab_is_told_in_its_language(first_policy):
    token = visitors.token("v" * 64, time.time() + 600)
    conversation = uuid.uuid4()
    tab = WebsocketCommunicator(
        application,
        f"/ws/c/{conversation}/?language=fr&seen=0",
        headers=[(b"origin", b"http://localhost"), (b"host", b"localhost")],
        subprotocols=["chatsite", f"chatsite.token.{token}"],
    )
    await tab.connect()

    await tab.send_json_to({"client_id": str(uuid.uuid4()), "text": "x" * 5000})

    said = ""
    while 'role="alert"' not in said:  # the log may come before
        said = str(await tab.receive_from(5))
    assert "trop long" in said

    held = Conversation(public_id=conversation)
    reply = Message(id=1, conversation=held, role=Message.Role.ASSISTANT, attempt=1)
    reply.created_at = timezone.now()
    bus.here().publish(change_announcements.begun(reply))

    said = str(await tab.receive_from(5))
    assert "Arrêter" in said
    assert "Stop" not in said
    await tab.disconnect()


def test_every_reason_of_a_failed_answer_is_said_in_every_language():
    for language in LANGUAGES:
        with translation.override(language.replace("_", "-").lower()):
            said = {Message(failure=failure).failure_text for failure in Message.Failure}
        assert len(said) == len(Message.Failure)
