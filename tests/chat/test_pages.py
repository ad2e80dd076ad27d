"""The same conversation by plain pages and forms, as a browser without scripts has it."""

import re
import uuid

import pytest
from django.core import signing
from django.test import Client

from chatsite.chat import displayed_messages
from chatsite.chat.models import Conversation, Message
from chatsite.chat.web import visitors
from tests.guards import guards
from tests.page import Page

# By any of the tests below.
GUARDS = [
    ("chatsite/chat/web/views.py", "        limit(visitor, visitor_network.of(request))\n", ""),
]

pytestmark = pytest.mark.usefixtures("hints", "transactional_db")


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture
def page(browser: Client) -> Page:
    return Page(browser.get("/").content.decode())


def ask(browser: Client, page: Page, text: str, **fields: str):
    fields = {"text": text, "client_id": str(uuid.uuid4())} | fields
    return browser.post(f"/c/{page.conversation}/ask/", fields)


def test_a_visit_alone_stores_nothing(browser, page):
    assert browser.cookies[visitors.COOKIE]["httponly"]
    assert browser.cookies[visitors.COOKIE]["samesite"] == "Lax"
    assert not Conversation.objects.exists()


def test_a_form_asks_and_the_page_shows_it(browser, page, hints):
    response = ask(browser, page, "Hello?")

    assert response["Location"] == f"/c/{page.conversation}/"
    shown = Page(browser.get(response["Location"]).content.decode())
    assert [(entry.role, entry.state) for entry in shown.entries()] == [
        ("customer", "complete"),
        ("assistant", "pending"),
    ]
    assert hints.reply_ids == [Message.objects.get(role="assistant").pk]


def test_a_form_sent_twice_asks_once(browser, page):
    client_id = str(uuid.uuid4())

    for _ in range(2):
        ask(browser, page, "Hello?", client_id=client_id)

    assert Message.objects.filter(role="customer").count() == 1


def test_a_refused_form_returns_with_what_was_typed(browser, page):
    response = ask(browser, page, "a" * 4001)

    assert response.status_code == 422
    assert b"too long" in response.content
    assert b"a" * 4001 in response.content
    assert not Message.objects.exists()


def test_forms_are_limited_too(browser, page, settings):
    settings.ASKS_PER_VISITOR = 1
    ask(browser, page, "One")

    assert b"wait a moment" in ask(browser, page, "Two").content
    assert Message.objects.filter(role="customer").count() == 1


def test_a_form_of_another_site_is_refused(page):
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.get("/")

    assert ask(strict, page, "Hello?").status_code == 403


def test_a_forged_visitor_is_nobody(browser, page):
    ask(browser, page, "Mine")
    stranger = Client(headers={"host": "localhost"})
    forged = signing.TimestampSigner(key="x" * 50, salt="chatsite.chat.web.visitors").sign("key")
    stranger.cookies[visitors.COOKIE] = forged

    assert stranger.get(f"/c/{page.conversation}/").status_code == 404
    assert ask(stranger, page, "Not mine").status_code == 404


def test_only_a_failed_answer_can_be_retried(browser, page, hints):
    ask(browser, page, "Hello?")
    reply = Message.objects.get(role="assistant")
    url = f"/c/{page.conversation}/retry/{reply.pk}/"

    assert browser.post(url).status_code == 422
    Message.objects.filter(pk=reply.pk).update(
        state="failed", failure="unavailable", deadline=None, due_at=None
    )
    assert b"could not be reached" in browser.get(f"/c/{page.conversation}/").content
    assert browser.post(url).status_code == 302

    reply.refresh_from_db()
    assert (reply.state, reply.failure, reply.tries) == ("pending", "", 0)
    assert hints.reply_ids == [reply.pk, reply.pk]


def test_a_new_conversation_leaves_the_old_one_as_it_is(browser, page):
    ask(browser, page, "Hello?")

    new = Page(browser.get("/new/").content.decode())

    assert new.conversation != page.conversation
    assert browser.get("/")["Location"] == f"/c/{page.conversation}/"


def test_pages_allow_no_script_but_their_own(browser, page):
    policy = browser.get("/new/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/c/nonsense/", f"/c/{uuid.uuid4()}/"])
def test_an_unknown_address_is_a_page_that_says_so(path, browser):
    response = browser.get(path)

    assert response.status_code == 404


@guards("chatsite/chat/displayed_messages.py", "so_far <= MOST_CHARACTERS", "True")
@pytest.mark.parametrize(("limit", "value"), [("SHOWN", 4), ("MOST_CHARACTERS", 17)])
def test_of_a_long_conversation_the_newest_are_shown_and_the_earlier_on_demand(
    browser, page, monkeypatch, limit, value
):
    monkeypatch.setattr(displayed_messages, limit, value)
    for text in ("One", "Two", "Three"):
        ask(browser, page, text)
        Message.objects.filter(role="assistant").update(state="complete", text="Yes.")

    newest = browser.get(f"/c/{page.conversation}/")
    (link,) = re.findall(r'href="(/c/[^"]+before=\d+)"', newest.content.decode())
    earlier = browser.get(link, headers={"HX-Request": "true"})

    entries = Page(newest.content.decode()).entries()
    assert [each.text for each in entries if each.role == "customer"] == ["Two", "Three"]
    assert "One" in earlier.content.decode()
    assert "<html" not in earlier.content.decode()
    assert "before=" not in earlier.content.decode()
    # Without scripts it is a page.
    assert "<html" in browser.get(link).content.decode()


@pytest.mark.parametrize("before", ["", "x", "-1", "٣", "9" * 400])
def test_a_position_that_no_page_names_does_no_harm(browser, page, before):
    ask(browser, page, "Hello?")

    assert browser.get(f"/c/{page.conversation}/", {"before": before}).status_code == 200


def test_nobody_else_reads_the_earlier_messages(browser, page):
    ask(browser, page, "Hello?")

    stranger = Client(headers={"host": "localhost", "HX-Request": "true"})

    assert stranger.get(f"/c/{page.conversation}/", {"before": 5}).status_code == 404


def test_a_browser_finds_its_earlier_conversations_and_nobody_elses(browser, page):
    ask(browser, page, "Where is my   parcel?\nIt is late." + " Very late." * 20)
    other = Client(headers={"host": "localhost"})
    ask(other, Page(other.get("/").content.decode()), "Somebody else's.")

    seen = browser.get("/conversations/").content.decode()

    assert "Where is my parcel? It is late. Very late." in seen
    assert "…</a>" in seen
    assert f"/c/{page.conversation}/" in seen
    assert "Somebody" not in seen
    stranger = Client(headers={"host": "localhost"})
    assert "no earlier" in stranger.get("/conversations/").content.decode()


def test_an_answer_that_grew_too_long_is_continued_once_however_often_one_clicks(browser, page):
    ask(browser, page, "Tell me all.")
    reply = Message.objects.get(role="assistant")
    Message.objects.filter(id=reply.pk).update(
        state="cut", failure="length", due_at=None, deadline=None, text="All that I know"
    )

    seen = browser.get(f"/c/{page.conversation}/").content.decode()
    assert "Please continue where you stopped." in seen
    for _ in range(2):
        ask(browser, page, "Please continue.", client_id=str(reply.continuation_id))

    assert Message.objects.filter(text="Please continue.").count() == 1
