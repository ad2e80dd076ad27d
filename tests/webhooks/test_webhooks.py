"""Programs are told of events: signed, tried again and given up, and never in our own network."""

import json
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from billing.alerts.models import Alert
from chatsite.chat.actions import (
    ask_for_person,
    delete_conversation,
    rate_conversation,
    resolve_or_snooze,
    staff_reply,
)
from chatsite.chat.models import Conversation, Message
from chatsite.inbox import notify
from chatsite.staff import roles
from chatsite.webhooks import delivery, outbox, tasks
from chatsite.webhooks.models import Endpoint, Event, EventDelivery, Kind
from tests import receivers
from tests.chat.test_admin import member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards

ADMIN = "/admin/webhooks/endpoint/"


@pytest.fixture(autouse=True)
def _read_anew():
    outbox.forget_endpoints()
    yield
    outbox.forget_endpoints()


@pytest.fixture
def hook(db, settings):
    prices()
    settings.DEBUG = True  # this machine may be told without HTTPS
    with receivers.hook() as received:
        yield received


@pytest.fixture
def operator(db) -> Client:
    return signed_in(member("olu", roles.OPERATORS))


def made(operator: Client, url: str, *kinds: str) -> str:
    """Its secret."""
    sent = {"name": "Help desk", "url": url, "kinds": kinds, "is_on": "on"}
    page = operator.post(f"{ADMIN}add/", sent).content.decode()
    found = re.search(r"data-secret>(.*?)<", page)
    return found[1] if found else ""


def is_signed(post: receivers.Post, secret: str) -> bool:
    """By the program of docs/api.md."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert program
    known: dict[str, Any] = {}
    exec(program[1], known)
    altered = known["is_genuine"](post.headers, post.body + b" ", secret)
    return bool(known["is_genuine"](post.headers, post.body, secret)) and not altered


@guards(
    "chatsite/webhooks/delivery.py",
    "headers = webhook.headers(endpoint.secret, event.identity, body, timezone.now())",
    'headers = webhook.headers("another", event.identity, body, timezone.now())',
)
@guards("chatsite/webhooks/outbox.py", "delete()\n", "all()\n")
def test_a_program_is_told_of_a_conversation_from_its_start_to_its_rating(hook, operator):
    secret, nora = made(operator, hook.url), member("nora", roles.STAFF)
    assert secret.startswith("whsec_")
    assert (
        secret not in operator.get(f"{ADMIN}{Endpoint.objects.get().pk}/change/").content.decode()
    )

    told = Told().asks("My pen leaks.").answered("Wipe the nib.")
    pk = told.conversation.pk
    ask_for_person.request(told.public_id, told.visitor, True)
    staff_reply.send(pk, nora, "Send it to us.")
    resolve_or_snooze.resolve(pk)
    rate_conversation.by_customer(told.public_id, told.visitor, Message.Rating.GOOD, "Quick.")
    told.asks("Thanks!")
    assert hook.posts == []
    tasks.deliver()
    tasks.deliver()

    events = [json.loads(post.body) for post in hook.posts]
    assert [each["event"] for each in events] == [
        *("conversation.started", "message.customer", "message.assistant", "person.asked"),
        *("conversation.taken_over", "message.staff", "conversation.resolved"),
        *("conversation.rated", "conversation.reopened", "message.customer"),
    ]
    assert {each["conversation"] for each in events} == {str(told.public_id)}
    assert events[1]["message"]["text"] == "My pen leaks."
    assert events[3]["question"] == "My pen leaks."
    assert (events[7]["satisfaction"], events[7]["note"]) == (1, "Quick.")
    assert all(is_signed(post, secret) for post in hook.posts)
    assert {post.headers["webhook-id"] for post in hook.posts} == {each["id"] for each in events}

    delete_conversation.conversations([pk])
    tasks.deliver()
    assert [json.loads(post.body)["event"] for post in hook.posts[10:]] == ["conversation.deleted"]
    assert "pen" not in str([*Event.objects.values_list("content", flat=True)])


def test_what_did_not_happen_is_not_told_and_what_is_not_wanted_neither(hook, operator):
    made(operator, hook.url, Kind.RESOLVED)
    told = Told().asks().answered()

    with transaction.atomic():
        resolve_or_snooze.resolve(told.conversation.pk)
        transaction.set_rollback(True)
    tasks.deliver()

    assert (hook.posts, told.conversation.resolved_at) == ([], None)


def test_who_stays_away_is_tried_again_later_and_later_then_switched_off(hook, operator):
    made(operator, hook.url)
    hook.statuses.extend([500] * 30)
    endpoint, now = Endpoint.objects.get(), timezone.now()
    operator.post(ADMIN, {"action": "send_test", "_selected_action": endpoint.pk})

    tries = []
    for minutes in range(0, 5 * 24 * 60, 30):
        before = len(hook.posts)
        delivery.deliver(now + timedelta(minutes=minutes))
        tries += [minutes] if len(hook.posts) > before else []

    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert pauses == sorted(pauses)
    assert (len(tries) < 25, max(pauses)) == (True, 360)
    endpoint.refresh_from_db()
    assert not endpoint.is_on
    assert EventDelivery.objects.get().state == "given_up"
    assert Alert.objects.filter(
        rule="webhook", text__contains="Help desk was switched off"
    ).exists()

    change = {"name": "Help desk", "url": hook.url, "is_on": "on"}
    operator.post(f"{ADMIN}{endpoint.pk}/change/", change)
    hook.statuses.clear()
    again = {"action": "send_again", "_selected_action": EventDelivery.objects.get().pk}
    operator.post("/admin/webhooks/eventdelivery/", again)
    tasks.deliver()
    assert "sent" in text(operator.get("/admin/webhooks/eventdelivery/"))
    assert EventDelivery.objects.get().state == "sent"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook",
        "https://127.0.0.1/hook",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://me@shop.example/",
    ],
)
def test_nobody_is_told_within_our_own_network(operator, url):
    assert made(operator, url) == ""
    assert not Endpoint.objects.exists()


@guards("chatsite/webhooks/delivery.py", "None if may_be_private else PublicNames()", "None")
def test_a_name_that_leads_inwards_is_not_followed(hook, operator, settings):
    settings.DEBUG = False
    made(operator, f"https://localhost:{hook.port}/")

    outbox.test(Endpoint.objects.get())
    tasks.deliver()

    assert EventDelivery.objects.get().result == "This address is not on the internet"
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    delivery.deliver(timezone.now() + timedelta(hours=1))
    assert "not on the internet" not in EventDelivery.objects.get().result


def test_the_address_of_the_environment_is_told_who_waits_and_who_waits_too_long(hook, settings):
    settings.TEAM_WEBHOOK_URL = hook.url
    settings.TEAM_WEBHOOK_SECRET = "of-the-team-and-long-enough"
    tasks.deliver()
    outbox.forget_endpoints()
    told = Told().asks("My pen leaks.").answered()
    ask_for_person.request(told.public_id, told.visitor, True)
    Conversation.objects.update(wants_person_since=timezone.now() - timedelta(minutes=11))

    for _ in range(2):
        notify.look(timezone.now())
        tasks.deliver()

    told_of = [json.loads(post.body)["event"] for post in hook.posts]
    assert told_of == ["person.asked", "person.escalated"]
    settings.TEAM_WEBHOOK_URL = ""
    tasks.deliver()
    assert not Endpoint.objects.exists()


@guards(
    "chatsite/webhooks/delivery.py", "not unclaimed.update(paused_until=now + EVENT_LEASE)", "False"
)
def test_a_slow_endpoint_holds_one_thread_and_no_other(hook, operator):
    made(operator, hook.url)
    endpoint = Endpoint.objects.get()
    outbox.test(endpoint)
    meanwhile = []
    read = delivery._tried

    def looks_again(*args: Any) -> bool:
        outbox.test(endpoint)
        meanwhile.append(delivery._told(endpoint, timezone.now()))
        return read(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_tried", looks_again)
        tasks.deliver()

    assert (meanwhile, len(hook.posts)) == ([0], 1)
    tasks.deliver()
    assert len(hook.posts) == 2
