"""Customers say how a conversation was once it is over; staff read it, by day and by person."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatsite.chat.actions import (
    ask_for_person,
    export_conversation,
    rate_conversation,
    resolve_or_snooze,
    staff_reply,
)
from chatsite.chat.errors import NotRateableNow
from chatsite.chat.models import Conversation, Handling, Message
from chatsite.chat.web import visitors
from chatsite.staff import roles
from tests.api.conftest import with_rights
from tests.chat.test_admin import member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards

GOOD, BAD = Message.Rating.GOOD, Message.Rating.BAD


@pytest.fixture
def customer(db) -> tuple[Client, Told]:
    prices()
    client = Client(headers={"host": "localhost"})
    client.get("/new/")
    cookies = {name: each.value for name, each in client.cookies.items()}
    return client, Told(visitor=visitors.held(cookies)).asks("My pen leaks.").answered()


@guards(
    "chatsite/chat/actions/rate_conversation.py",
    "if over_at is None or (rated_at is not None and clock.now() - rated_at > CHANGEABLE):",
    "if over_at is None:",
)
def test_who_was_helped_says_how_it_was_and_staff_see_it_by_day_and_by_person(customer):
    client, told = customer
    nora = member("nora", roles.STAFF)
    staff, path = signed_in(nora), f"/c/{told.public_id}/satisfaction/"
    program = with_rights("chat.view_conversation", "chat.add_conversation")
    asked_at = timezone.now() - timedelta(minutes=12)
    ask_for_person.request(told.public_id, told.visitor, True)
    Handling.objects.update(begun_at=asked_at, asked_at=asked_at)

    refused = client.post(path, {"satisfaction": "1"})
    assert (refused.status_code, "cannot be rated now" in text(refused)) == (422, True)
    staff_reply.send(told.conversation.pk, nora, "Send it to us.")
    resolve_or_snooze.resolve(told.conversation.pk)
    asked = text(client.get(f"/c/{told.public_id}/"))
    client.post(path, {"satisfaction": "-1"})
    client.post(path, {"satisfaction": "-1", "note": "Too  slow."})
    thanks = text(client.get(f"/c/{told.public_id}/"))

    assert "How was this conversation?" in asked
    assert "You wrote: “Too slow.”" in thanks
    assert "rated the conversation as bad: “Too slow.”" in text(
        staff.get(f"/inbox/{told.conversation.pk}/")
    )
    page = text(staff.get(reverse("monitor:people"), {"period": "7"}))
    assert "nora 1 12 min 12 min 12 min 1 12 min 0 1" in page
    table = staff.get(reverse("monitor:people_export"), {"period": "7"}).content.decode()
    assert '"person","nora",1,720,720,720,1,720,0,1' in table
    stored = json.dumps(export_conversation.conversations([told.conversation]), default=str)
    assert "Too slow." in stored

    changed = program.posts(f"/conversations/{told.public_id}/satisfaction", is_good=True).json()
    assert (changed["satisfaction"], changed["satisfaction_note"]) == (1, "")
    Conversation.objects.update(satisfaction_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(NotRateableNow):
        rate_conversation.by_customer(told.public_id, told.visitor, BAD, "")


def test_who_ends_the_chat_may_say_it_at_once(customer):
    client, told = customer

    client.post(f"/c/{told.public_id}/end/", {"satisfaction": "1", "note": "Nice."})

    held = told.conversation
    assert (held.satisfaction, held.satisfaction_note) == (GOOD, "Nice.")
    assert held.ended_at is not None


def test_what_people_did_is_kept_as_it_went(customer):
    _, told = customer
    nora, pk = member("nora", roles.STAFF), told.conversation.pk
    ask_for_person.request(told.public_id, told.visitor, True)
    ask_for_person.request(told.public_id, told.visitor, False)
    staff_reply.send(pk, nora, "Hello.")
    staff_reply.send(pk, nora, "Are you there?")
    resolve_or_snooze.resolve(pk)

    cancelled, handled = Handling.objects.order_by("id")

    assert (cancelled.end, cancelled.taken_at) == ("cancelled", None)
    assert (handled.end, handled.asked_at, handled.person) == ("resolved", None, nora)
    assert handled.taken_at
    assert handled.answered_at
    assert handled.ended_at
