"""Conversations for programs: listed, read, begun, answered by staff, handed over, ended."""

import time
import uuid

import jwt
import pytest
from django.core.cache import cache
from django.test import Client

from chatsite.chat.actions import ask_for_person, end_reply, take_over
from chatsite.chat.models import Conversation, Message
from chatsite.staff.models import AuditEntry
from chatsite.widget.models import Customer, Widget
from tests.api.conftest import ALL, Program, with_rights
from tests.chat.told import Told
from tests.guards import guards

HELLO = "Where is my parcel?"


@pytest.fixture(autouse=True)
def _limits_start_anew() -> None:
    cache.clear()


@pytest.fixture
def contact(db) -> Customer:
    widget = Widget.objects.create(name="Shop", origins="https://shop.example")
    return Customer.objects.create(
        visitor="c" * 64, widget=widget, reference="customer-7", email="mia@shop.example"
    )


def starts(program: Program, text: str = HELLO, **more: object):
    return program.posts("/conversations", **{"client_id": str(uuid.uuid4()), "text": text, **more})


def says(program: Program, told: Told, text: str, to: str = "staff-messages", **more: object):
    content = {"client_id": str(uuid.uuid4()), "text": text, **more}
    return program.posts(f"/conversations/{told.public_id}/{to}", **content)


def does(program: Program, told: Told, verb: str):
    return program.posts(f"/conversations/{told.public_id}/{verb}")


def test_a_program_starts_a_conversation_that_is_answered_as_any_other(program, db):
    response = starts(program, customer="Mia 7")

    said = response.json()
    assert response.status_code == 201
    assert (said["message"]["role"], said["message"]["text"]) == ("customer", HELLO)
    assert said["answer"]["state"] == "pending"
    reply = Message.objects.get(pk=said["answer"]["id"])
    end_reply.end(reply, "complete", text="On its way.")
    read = program.gets(f"/conversations/{said['conversation']}").json()
    assert [(each["role"], each["state"], each["text"]) for each in read["messages"]] == [
        ("customer", "complete", HELLO),
        ("assistant", "complete", "On its way."),
    ]


def test_the_same_sent_again_does_nothing_twice(program, db):
    identity = str(uuid.uuid4())
    first = starts(program, client_id=identity)
    again = starts(program, client_id=identity)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message"]["id"] == again.json()["message"]["id"]
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("other", [{"text": "Something else"}, {"customer": "somebody else"}])
@guards("chatsite/api/conversations.py", "message.text != ask.cleaned(text)", "False")
def test_a_client_id_stands_for_one_message(program, db, other):
    identity = str(uuid.uuid4())
    starts(program, client_id=identity, customer="Mia")

    response = starts(program, **{"client_id": identity, "customer": "Mia", **other})

    assert (response.status_code, response.json()["code"]) == (409, "client_id_used")
    assert Message.objects.filter(role="customer").count() == 1


def test_two_programs_may_use_the_same_client_id(program, db):
    identity = str(uuid.uuid4())
    other = with_rights(*ALL, name="other")

    starts(program, client_id=identity)

    assert starts(other, client_id=identity).status_code == 201
    assert Conversation.objects.count() == 2


def test_a_customer_of_the_programs_own_is_the_same_visitor_each_time(program, db):
    for customer in ("Mia", "Mia", "Tom", ""):
        assert starts(program, customer=customer).status_code == 201

    assert Conversation.objects.values("visitor").distinct().count() == 3


def test_one_customers_conversations_are_listed_and_read_as_theirs_alone(program, db):
    mias = [starts(program, customer="Mia").json()["conversation"] for _ in range(2)]
    toms = starts(program, customer="Tom").json()["conversation"]
    another = with_rights(*ALL, name="another")

    def found(of: Program, **whose: object) -> set[str]:
        page = of.gets("/conversations", **whose).json()
        return {each["id"] for each in page["conversations"]}

    assert found(program, customer="Mia") == set(mias)
    assert found(program, customer="Nobody") == set()
    # Two programs may have customers of one name.
    assert found(another, customer="Mia") == set()
    for conversation, status in ((mias[0], 200), (toms, 404)):
        assert program.gets(f"/conversations/{conversation}", customer="Mia").status_code == status


@guards("chatsite/api/customers.py", "row.visitor != expected", "False")
def test_a_customer_named_by_mistake_says_nothing_in_anothers_conversation(program, contact):
    toms = starts(program, customer="Tom").json()["conversation"]

    def goes_on(**whose: object) -> int:
        words = {"client_id": str(uuid.uuid4()), "text": "And now?", **whose}
        status: int = program.posts(f"/conversations/{toms}/messages", **words).status_code
        return status

    assert goes_on(customer="Mia") == 404
    assert goes_on(contact=contact.pk) == 404
    for verb in ("ask-for-person", "satisfaction", "end"):
        path = f"/conversations/{toms}/{verb}?customer=Mia"
        assert program.posts(path, is_good=True).status_code == 404
    assert Message.objects.filter(role="customer").count() == 1
    assert goes_on(customer="Tom") == 201
    assert goes_on() == 201


def signed(widget: Widget, secret: str = "", **more: object) -> str:
    said = {"sub": "customer-7", "exp": time.time() + 600, "name": "Mia Klein", **more}
    return jwt.encode(said, secret or widget.secret, "HS256")


def test_who_the_shop_has_signed_is_a_contact_with_their_name(program, contact):
    token = signed(contact.widget, email="mia.klein@shop.example")
    first = starts(program, identity=token).json()["conversation"]

    number = program.gets(f"/conversations/{first}").json()["contact"]
    person = program.gets(f"/contacts/{number}").json()
    assert (person["name"], person["reference"]) == ("Mia Klein", "customer-7")
    assert person["email"] == "mia.klein@shop.example"
    # The same whenever the shop signs it, and not whom another token names.
    starts(program, identity=signed(contact.widget))
    starts(program, identity=signed(contact.widget, sub="customer-8"))
    assert len(program.gets("/conversations", contact=number).json()["conversations"]) == 2


@pytest.mark.parametrize(
    "wrong", [{"secret": "x" * 48}, {"exp": 1}, {"exp": 10**10}, {"sub": ""}, {"sub": "x" * 201}]
)
def test_who_is_not_signed_is_nobody(program, contact, wrong):
    response = starts(program, identity=signed(contact.widget, **wrong))

    assert (response.status_code, list(response.json()["fields"])) == (422, ["identity"])
    assert not Conversation.objects.exists()


def test_who_the_customer_is_is_said_once(program, contact):
    response = starts(program, contact=contact.pk, customer="Mia")

    assert (response.status_code, list(response.json()["fields"])) == (422, ["customer"])


def test_a_contact_finds_the_conversation_again(program, contact):
    started = starts(program, contact=contact.pk).json()

    assert Conversation.objects.get().visitor == contact.visitor
    found = program.gets("/conversations", contact=contact.pk).json()["conversations"]
    assert [(each["id"], each["contact"]) for each in found] == [
        (started["conversation"], contact.pk)
    ]
    assert starts(program, contact=contact.pk + 1).json()["fields"] == {
        "contact": "There is no contact with this id."
    }


def test_contacts_are_listed_found_and_read(program, contact):
    found = program.gets("/contacts", email="MIA@shop.example").json()

    assert found == {"contacts": [program.gets(f"/contacts/{contact.pk}").json()], "next": None}
    assert found["contacts"][0]["reference"] == "customer-7"
    assert program.gets("/contacts", reference="nobody").json()["contacts"] == []
    assert program.gets("/contacts/999").status_code == 404


def test_the_customer_goes_on(program, told):
    response = says(program, told, "And now?", "messages")

    assert response.status_code == 201
    assert response.json()["answer"]["state"] == "pending"
    assert told.conversation.messages.filter(role="customer").count() == 2


def test_the_list_is_the_newest_first_page_by_page(program, told):
    others = [Told(visitor=str(number)).asks().answered() for number in range(4)]

    pages: list[list[str]] = []
    cursor = ""
    while not pages or cursor:
        page = program.gets("/conversations", limit=2, cursor=cursor).json()
        pages.append([each["id"] for each in page["conversations"]])
        cursor = page["next"]

    newest = [str(each.public_id) for each in reversed([told, *others])]
    assert pages == [newest[:2], newest[2:4], newest[4:]]


def test_a_queue_of_the_inbox_is_listed(program, told, nora):
    waiting = Told(visitor="w" * 64).asks("A person, please.").answered()
    ask_for_person.request(waiting.public_id, waiting.visitor, True)
    take_over.conversation(told.conversation.pk, nora)

    def listed(queue: str) -> list[str]:
        found = program.gets("/conversations", queue=queue).json()["conversations"]
        return [each["id"] for each in found]

    assert listed("waiting") == [str(waiting.public_id)]
    assert listed("colleagues") == [str(told.public_id)]
    assert listed("mine") == []


def test_a_long_conversation_is_read_in_parts(program, told, monkeypatch):
    monkeypatch.setattr("chatsite.api.conversations.MOST_MESSAGES", 2)
    told.asks("And now?").answered("Rinse it.")

    newest = program.gets(f"/conversations/{told.public_id}").json()
    before = program.gets(f"/conversations/{told.public_id}", before=newest["earlier"]).json()

    assert [each["text"] for each in newest["messages"]] == ["And now?", "Rinse it."]
    assert [each["text"] for each in before["messages"]] == ["My pen leaks.", "Wipe the nib."]
    assert before["earlier"] is None


def test_staff_write_and_take_over(program, told):
    identity = str(uuid.uuid4())
    response = says(program, told, "Send it to us.", client_id=identity)
    again = says(program, told, "Send it to us.", client_id=identity)

    assert (response.status_code, again.status_code) == (201, 200)
    assert response.json()["message"]["author"] == "desk"
    assert told.conversation.handled_by == program.account
    assert told.conversation.messages.filter(role="staff").count() == 1


def test_in_a_colleagues_conversation_nothing_is_written(program, told, nora):
    take_over.conversation(told.conversation.pk, nora)

    response = says(program, told, "Me too.")

    assert (response.status_code, response.json()["code"]) == (409, "with_colleague")
    assert does(program, told, "take-over").json()["handled_by"] == "desk"
    assert says(program, told, "Me now.").status_code == 201


def test_it_is_taken_over_and_handed_back_and_the_log_says_so(program, told):
    assert does(program, told, "take-over").json()["handled_by"] == "desk"
    assert does(program, told, "take-over").status_code == 200
    assert does(program, told, "hand-back").json()["handled_by"] == ""

    lines = AuditEntry.objects.order_by("id").values_list("who", "what", "details")
    named = str(told.conversation)
    assert list(lines) == [
        ("desk", named, "Taken over. By access token Help desk."),
        ("desk", named, "Handed back. By access token Help desk."),
    ]


def test_it_is_assigned_to_who_may_answer(program, told, nora):
    def assigned(name: str):
        return program.posts(f"/conversations/{told.public_id}/assign", to=name)

    assert assigned("nora").json()["handled_by"] == "nora"
    assert assigned("desk").json()["fields"].keys() == {"to"}


def test_it_is_resolved_and_reopened(program, told):
    assert does(program, told, "resolve").json()["resolved_at"]
    assert does(program, told, "reopen").json()["resolved_at"] is None


def test_the_customer_asks_for_a_person_and_ends_it(program, told):
    assert does(program, told, "ask-for-person").json()["wants_person_since"]
    assert does(program, told, "end").json()["ended_at"]
    assert does(program, told, "end").status_code == 200

    response = says(program, told, "Hello?", "messages")
    assert (response.status_code, response.json()["code"]) == (409, "ended")


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("gets", "", "chat.view_conversation"),
        ("gets", "/ID", "chat.view_conversation"),
        ("posts", "", "chat.add_conversation"),
        ("posts", "/ID/messages", "chat.add_conversation"),
        ("posts", "/ID/ask-for-person", "chat.add_conversation"),
        ("posts", "/ID/end", "chat.add_conversation"),
        ("posts", "/ID/staff-messages", "chat.take_over"),
        ("posts", "/ID/take-over", "chat.take_over"),
        ("posts", "/ID/assign", "chat.take_over"),
        ("posts", "/ID/hand-back", "chat.take_over"),
        ("posts", "/ID/resolve", "chat.take_over"),
        ("posts", "/ID/reopen", "chat.take_over"),
    ],
)
@guards(
    "chatsite/api/access.py",
    "if self.permission and not found.account.has_perm(self.permission):",
    "if False:",
)
def test_each_needs_its_permission_and_a_conversation(program, told, method, path, permission):
    rest = with_rights(*(each for each in ALL if each != permission), name="rest")
    content = {"client_id": str(uuid.uuid4()), "text": "Hi.", "to": "nobody", "limit": "1"}
    address = f"/conversations{path}".replace("ID", str(told.public_id))

    response = getattr(rest, method)(address, **content)

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert permission in response.json()["message"]
    if path:
        nowhere = address.replace(str(told.public_id), str(uuid.uuid4()))
        missing = getattr(program, method)(nowhere, **{**content, "to": "desk"})
        assert missing.status_code in ({422} if "assign" in path else {404})


def test_who_may_not_see_contacts_sees_none(program, contact):
    started = starts(program, contact=contact.pk).json()["conversation"]
    reader = with_rights("chat.view_conversation", name="reader")

    assert program.gets(f"/conversations/{started}").json()["contact"] == contact.pk
    assert reader.gets(f"/conversations/{started}").json()["contact"] is None
    assert reader.gets("/contacts").status_code == 403


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "\x00"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": 7}, "text"),
        ({"client_id": "7"}, "client_id"),
        ({"contact": 10**30}, "contact"),
        ({"contact": -1}, "contact"),
        ({"customer": "a\x00b"}, "customer"),
        ({"customer": "x" * 201}, "customer"),
        ({"identity": "x"}, "identity"),
        ({"identity": "\ud800"}, "identity"),
    ],
)
def test_what_is_wrong_is_named(program, content, field):
    response = starts(program, **content)

    assert (response.status_code, response.json()["code"]) == (422, "invalid")
    assert list(response.json()["fields"]) == [field]


@pytest.mark.parametrize("cursor", ["x", "____", "MjAyNiA3", "w6k", "MjAyNi0wMS0wMSA3"])
def test_a_cursor_is_sent_as_it_came(program, cursor):
    response = program.gets("/conversations", cursor=cursor)

    assert (response.status_code, list(response.json()["fields"])) == (422, ["cursor"])


def test_a_body_that_is_no_json_is_answered_in_words(program):
    for body in ("{", "[]", '"x"', b"\xff"):
        response = Client(headers=program.headers).post(
            "/api/v1/conversations", body, content_type="application/json"
        )
        assert response.status_code in {400, 422}
        assert response.json()["message"]


def test_a_customer_who_asks_too_often_waits(program, settings):
    settings.ASKS_PER_VISITOR = 2

    codes = [starts(program, customer="Mia").status_code for _ in range(3)]

    assert codes == [201, 201, 429]
    assert starts(program, customer="Tom").status_code == 201
