"""The team's inbox over HTTP: queues, a conversation, and all that staff do with it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatsite.chat.actions import ask_for_person, resolve_or_snooze, take_over
from chatsite.inbox import queues
from chatsite.inbox.models import CannedReply, Note
from chatsite.widget.models import Customer, Widget
from tests.chat.test_admin import signed_in, text
from tests.chat.told import Told

HTMX = {"hx-request": "true"}


def wants(told: Told) -> None:
    ask_for_person.request(told.public_id, told.visitor, True)


def lines(client: Client, queue: str, narrowed: str = "") -> list[int]:
    seen = client.get(f"/inbox/queue/?queue={queue}{narrowed}").content.decode()
    return [int(number) for number in re.findall(r'id="line-(\d+)"', seen)]


def do(client: Client, told: Told, verb: str, **fields: object):
    return client.post(f"/inbox/{told.conversation.pk}/{verb}/", fields, headers=HTMX)


def says(client: Client, told: Told, words: str, client_id: uuid.UUID | None = None):
    return do(client, told, "reply", text=words, client_id=client_id or uuid.uuid4())


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "under a minute"), (10, "10\xa0minutes"), (60, "1\xa0hour")]
)
def test_a_wait_is_said_in_whole_minutes(minutes, said):
    assert queues.waited(timezone.now() - timedelta(minutes=minutes, seconds=5)) == said


def test_whoever_waits_longest_stands_first(staff, told):
    second = Told(visitor="w" * 64).asks("Is my order lost?").answered()
    wants(told)
    wants(second)

    assert lines(staff, "waiting") == [told.conversation.pk, second.conversation.pk]
    assert "Waiting 2" in text(staff.get("/inbox/"))


def test_each_conversation_stands_in_its_queues(staff, nora, olga, told):
    pk = told.conversation.pk
    where = ("waiting", "mine", "colleagues", "assistant", "all", "snoozed", "resolved")

    def found() -> list[str]:
        return [queue for queue in where if pk in lines(staff, queue)]

    assert found() == ["assistant", "all"]
    wants(told)
    assert found() == ["waiting", "all"]
    take_over.conversation(pk, nora)
    assert found() == ["mine", "all"]
    take_over.conversation(pk, olga)
    assert found() == ["colleagues", "all"]
    resolve_or_snooze.snooze(pk, timezone.now() + timedelta(hours=1))
    assert found() == ["snoozed"]
    resolve_or_snooze.snooze(pk, timezone.now() - timedelta(hours=1))
    assert found() == ["colleagues", "all"]
    resolve_or_snooze.resolve(pk)
    assert found() == ["resolved"]
    told.asks("It leaks again.")
    assert found() == ["assistant", "all"]


def test_a_click_takes_over_and_the_answer_on_its_way_is_stopped(staff, nora, told):
    told.asks("And now?")

    response = do(staff, told, "take")

    assert "You are answering." in text(response)
    assert told.conversation.handled_by == nora
    assert told.reply.state == "cancelled"


def test_a_reply_reaches_the_conversation_once(staff, nora, told):
    identity = uuid.uuid4()

    response = says(staff, told, "Hello, **Nora** here.", identity)
    says(staff, told, "Hello, **Nora** here.", identity)

    message = told.conversation.messages.get(role="staff")
    assert (message.author, message.text) == (nora, "Hello, **Nora** here.")
    assert "Hello, **Nora** here." in text(response)
    assert told.conversation.handled_by == nora


def test_a_reply_into_a_colleagues_conversation_is_refused_and_kept(staff, olga, told):
    take_over.conversation(told.conversation.pk, olga)

    response = says(staff, told, "Let me help too.")

    assert "A colleague is handling this conversation." in text(response)
    assert "Let me help too.</textarea>" in response.content.decode()
    assert not told.conversation.messages.filter(role="staff").exists()


def test_another_text_from_the_same_form_is_kept_and_said_to_be_unsent(staff, told):
    identity = uuid.uuid4()
    says(staff, told, "First.", identity)

    response = says(staff, told, "Second.", identity)

    assert "Your message was not sent" in text(response)
    assert "Second.</textarea>" in response.content.decode()


@pytest.mark.parametrize(("words", "problem"), [(" ", "write a message"), ("x" * 4001, "4,000")])
def test_what_cannot_be_sent_is_refused_with_a_reason(staff, told, words, problem):
    assert problem in text(says(staff, told, words))


def test_assigned_to_a_colleague_it_is_theirs(staff, olga, told):
    do(staff, told, "assign", to=olga.pk)

    assert told.conversation.handled_by == olga


def test_to_somebody_who_may_not_answer_nothing_is_assigned(staff, told):
    outsider = User.objects.create_user("otto", is_staff=True)

    assert do(staff, told, "assign", to=outsider.pk).status_code == 404
    assert told.conversation.handled_by is None


@pytest.mark.parametrize("verb", ["hand-back", "resolve"])
def test_handed_back_or_resolved_nobody_handles_it(staff, nora, told, verb):
    take_over.conversation(told.conversation.pk, nora)

    do(staff, told, verb)

    assert told.conversation.handled_by is None


def test_snoozed_and_reopened(staff, told):
    assert "Snoozed until" in text(do(staff, told, "snooze", hours="4"))
    assert do(staff, told, "snooze", hours="5").status_code == 404

    do(staff, told, "reopen")

    assert told.conversation.snoozed_until is None


def test_a_note_is_for_colleagues_and_mentions_them(staff, nora, olga, told):
    response = do(staff, told, "note", note="@olga: he has <b>two</b> pens. @nobody")

    note = Note.objects.get()
    assert [*note.mentioned.all()] == [olga]
    assert "he has <b>two</b> pens." in text(response)
    assert "<b>two" not in response.content.decode()
    assert not told.conversation.messages.filter(text__contains="two").exists()
    do(staff, told, "note", note="  ")
    assert Note.objects.count() == 1


def test_canned_replies_are_found_after_a_slash_with_their_variables_filled_in(staff, settings):
    settings.SITE_NAME = "Larkspur"
    CannedReply.objects.create(name="hello", text="Hi, {agent} from {site} here.")
    CannedReply.objects.create(name="bye", text="Goodbye.")

    seen = text(staff.get("/inbox/canned/", {"text": "/hel"}))

    assert seen == "/hello Hi, nora from Larkspur here."
    assert text(staff.get("/inbox/canned/", {"text": "hel"})) == ""


def test_the_preview_is_what_the_customer_reads(staff):
    shown = staff.post("/inbox/preview/", {"text": "**5*3** <script>x</script>"})

    body = shown.content.decode()
    assert "**5*3**" in body
    assert "<script>" not in body


def test_who_signed_in_on_the_shops_site_has_a_name(staff, told):
    widget = Widget.objects.create(name="Shop", origins="https://shop.example")
    shown = f"/inbox/{told.conversation.pk}/"
    assert "The customer is" not in text(staff.get(shown))

    Customer.objects.create(
        visitor=told.visitor, widget=widget, reference="7", name="Mia", email="mia@shop.example"
    )

    assert "The customer is Mia (mia@shop.example), to the shop 7." in text(staff.get(shown))


def test_earlier_conversations_of_the_same_customer_are_linked(staff, told):
    before = Told(visitor=told.visitor).asks("Hello").answered()
    other = Told(visitor="w" * 64).asks("Hello").answered()

    body = staff.get(f"/inbox/{told.conversation.pk}/").content.decode()

    assert f'href="/inbox/{before.conversation.pk}/"' in body
    assert f'<li><a href="/inbox/{other.conversation.pk}/"' not in body


@pytest.mark.parametrize("path", ["", "queue/", "canned/", "{pk}/", "{pk}/live/"])
def test_only_staff_with_the_right_to_read_come_in(client, told, path):
    address = f"/inbox/{path.format(pk=told.conversation.pk)}"

    assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("otto", is_staff=True))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("verb", ["take", "reply", "note", "resolve"])
def test_who_may_only_read_changes_nothing(told, verb):
    reader = User.objects.create_user("rita", is_staff=True)
    from django.contrib.auth.models import Permission

    reader.user_permissions.add(Permission.objects.get(codename="view_conversation"))
    client, before = signed_in(reader), told.conversation.revision

    assert client.get(f"/inbox/{told.conversation.pk}/").status_code == 200
    assert do(client, told, verb, text="x", note="x").status_code == 403
    assert told.conversation.revision == before


@pytest.mark.parametrize("verb", ["take", "unknown"])
def test_what_does_not_exist_is_not_found(staff, told, verb):
    pk = told.conversation.pk + (1 if verb == "take" else 0)

    assert staff.post(f"/inbox/{pk}/{verb}/").status_code == 404


def test_without_scripts_a_click_leads_back_to_the_page(staff, told):
    response = staff.post(f"/inbox/{told.conversation.pk}/take/", follow=True)

    assert response.redirect_chain == [(f"/inbox/{told.conversation.pk}/", 302)]
    assert "You are answering." in text(response)


@pytest.mark.parametrize("conversations", [2, 20])
def test_a_queue_takes_as_many_queries_for_twenty_as_for_two(staff, db, told, conversations):
    for number in range(conversations):
        wants(Told(visitor=str(number)).asks("Hello?").answered())
    staff.get("/inbox/queue/")

    with CaptureQueriesContext(connection) as queries:
        staff.get("/inbox/queue/")

    # Session, user, permissions (2); counts, lines, their tags, saved views.
    assert len(queries) <= 8, [query["sql"][:100] for query in queries]


def test_a_tag_is_added_found_by_and_taken_off(staff, told):
    other = Told(visitor="w" * 64).asks("Is my order lost?").answered()

    do(staff, told, "tag", tag="Leaking Pen")
    response = do(staff, told, "tag", tag="leaking pen")

    assert "leaking-pen" in text(response)
    assert [tag.name for tag in told.conversation.tags.all()] == ["leaking-pen"]
    assert lines(staff, "all", "&tag=leaking-pen") == [told.conversation.pk]
    assert other.conversation.pk in lines(staff, "all")
    do(staff, told, "tag", off="leaking-pen")
    assert not told.conversation.tags.exists()


@pytest.mark.parametrize("name", ["", "  ", "!!"])
def test_a_tag_has_letters(staff, told, name):
    do(staff, told, "tag", tag=name)

    assert not told.conversation.tags.exists()


def test_a_search_finds_what_was_said(staff, told):
    other = Told(visitor="w" * 64).asks("Is my parcel lost?").answered()

    assert lines(staff, "all", "&q=parcel lost") == [other.conversation.pk]
    assert "No conversation matches." in text(staff.get("/inbox/?queue=all&q=submarine"))


def test_a_view_is_kept_for_its_owner_and_forgotten(staff, olga, told):
    staff.post("/inbox/view/", {"name": "Pens", "queue": "all", "q": "pen", "tag": ""})

    assert 'queue=all&amp;q=pen&amp;tag=">Pens</a>' in staff.get("/inbox/").content.decode()
    assert "Pens" not in text(signed_in(olga).get("/inbox/"))
    staff.post("/inbox/view/", {"forget": "Pens"})
    assert "Pens" not in text(staff.get("/inbox/"))


def test_who_is_mentioned_finds_the_conversation(staff, olga, told):
    do(staff, told, "note", note="@olga please look")

    assert lines(signed_in(olga), "mentioned") == [told.conversation.pk]
    assert lines(staff, "mentioned") == []
