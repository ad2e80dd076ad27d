"""Alerts arrive by mail and by a signed webhook, are tried again, and are sent by one worker."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from billing.alerts import (
    deliveries,
    raise_alerts,
    tasks,
    webhook,
)
from billing.alerts.models import Alert, Attempt, Delivery
from chatsite import env
from tests.billing.alerts.conftest import SECRET
from tests.guards import guards

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def later(monkeypatch):
    """Go on in time."""

    def later(moment: datetime) -> datetime:
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return later


def test_an_alert_arrives_at_each_address_and_by_webhook(hook, mailbox, now):
    alert = raise_alerts.test("ada", now)

    assert deliveries.deliver(now) == 3

    (post,) = hook.posts
    content = json.loads(post.body)
    url = f"http://localhost:8000{reverse('admin:alerts_alert_change', args=[alert.pk])}"
    assert (content["id"], content["rule"], content["url"]) == (f"alert:{alert.pk}", "test", url)
    assert content["text"] == "ada sent this test alert. Nothing is wrong."
    first, second = mailbox.messages
    message = first
    assert ("To: boss@shop.example" in first, "To: ops@shop.example" in second) == (True, True)
    assert "ops@" not in first
    assert "Subject: [Customer service] Test" in message
    assert content["text"] in message
    assert url in message
    assert len(mailbox.recipients) == 2
    assert {delivery.state for delivery in Delivery.objects.all()} == {"sent"}
    # Once.
    assert deliveries.deliver(now + timedelta(days=1)) == 0
    assert (len(hook.posts), len(mailbox.messages)) == (1, 2)


def test_the_signature_covers_id_time_and_body(hook, now):
    raise_alerts.test("ada", now)
    deliveries.deliver(now)

    (post,) = hook.posts
    signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode()
    digest = hmac.digest(SECRET.encode(), signed + post.body, hashlib.sha256)
    assert post.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert abs(int(post.headers["webhook-timestamp"]) - now.timestamp()) < 60
    assert SECRET not in str(post)


def test_a_secret_may_be_written_as_standard_webhooks_does(now):
    plain = webhook.headers("a key of 24 characters..", "alert:1", b"{}", now)
    encoded = base64.b64encode(b"a key of 24 characters..").decode()

    assert webhook.headers(f"whsec_{encoded}", "alert:1", b"{}", now) == plain


@guards("billing/alerts/webhook.py", "follow_redirects=False", "follow_redirects=True")
@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_what_is_not_taken_is_tried_again_later(hook, later, now, status):
    hook.statuses.append(status)
    raise_alerts.test("ada", now)

    assert deliveries.deliver(now) == 0

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.result) == ("due", 1, f"status {status}")
    # No redirect is followed.
    assert [post.path for post in hook.posts] == ["/hook?token=of-the-receiver"]
    assert deliveries.deliver(later(now + timedelta(seconds=20))) == 0
    assert deliveries.deliver(later(now + timedelta(seconds=60))) == 1
    results = [attempt.result for attempt in Attempt.objects.all()]
    assert results == [f"status {status}", "status 204"]


def test_tries_grow_apart_and_end(hook, later, now):
    raise_alerts.test("ada", now)
    hook.statuses.extend([500] * 20)
    waits = []
    moment = later(now + timedelta(seconds=1))
    for _ in range(deliveries.MOST_TRIES):
        deliveries.deliver(moment)
        delivery = Delivery.objects.get()
        waits.append((delivery.due_at - moment).total_seconds())
        moment = later(delivery.due_at)

    assert waits[:4] == [30, 60, 120, 240]
    assert max(waits) == 3600
    assert delivery.state == "given up"
    assert deliveries.deliver(later(moment + timedelta(days=1))) == 0
    assert len(hook.posts) == deliveries.MOST_TRIES == Attempt.objects.count()


@pytest.mark.parametrize("refusal", ["451 later", "550 never", "554 <boss@shop.example>"])
def test_a_mail_server_that_refuses_is_asked_again(mailbox, later, now, refusal):
    mailbox.refusals.append(refusal)
    raise_alerts.test("ada", now)

    # The one that was refused is named, and the other has its mail.
    assert deliveries.deliver(now) == 1
    refused = Delivery.objects.get(state="due")
    assert refused.result == f"SMTPDataError {refusal[:3]}"
    assert refused.recipient in str(refused)
    assert deliveries.deliver(later(now + timedelta(minutes=2))) == 1
    assert Delivery.objects.filter(state="sent").count() == 2


def test_a_receiver_that_is_not_there_is_named_without_its_address(settings, now):
    settings.ALERT_WEBHOOK_URL = "http://127.0.0.1:9/hook?token=secret"
    settings.ALERT_WEBHOOK_SECRET = SECRET
    settings.ALERT_EMAILS = ["boss@shop.example"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    raise_alerts.test("ada", now)

    assert deliveries.deliver(now) == 0

    results = set(Delivery.objects.values_list("result", flat=True))
    assert results == {"ConnectError", "ConnectionRefusedError"}


@guards("billing/alerts/webhook.py", "timeout=TIMEOUT", "timeout=None")
def test_a_receiver_that_does_not_answer_in_time_is_left(hook, monkeypatch, now):
    monkeypatch.setattr(webhook, "TIMEOUT", 0.1)
    hook.seconds = 0.5
    raise_alerts.test("ada", now)

    deliveries.deliver(now)

    assert Delivery.objects.get().result == "ReadTimeout"


def test_a_channel_that_is_not_set_up_any_more_sends_nothing(hook, mailbox, settings, now):
    raise_alerts.test("ada", now)
    settings.ALERT_EMAILS, settings.ALERT_WEBHOOK_URL = [], ""

    assert deliveries.deliver(now) == 0

    assert set(Delivery.objects.values_list("result", flat=True)) == {"no longer configured"}


@guards(
    "billing/alerts/deliveries.py",
    "filter(pk=delivery.pk, state=State.DUE, tries=delivery.tries)\n"
    "    if not mine.filter(due_at__lte=now)",
    "filter(pk=delivery.pk)\n    if not mine",
)
def test_two_workers_send_it_once(hook, now):
    raise_alerts.test("ada", now)
    seen_by_both = list(Delivery.objects.select_related("alert"))

    sent = [deliveries._tried(seen, now) for seen in (*seen_by_both, Delivery.objects.get())]
    sent.append(deliveries._tried(seen_by_both[0], now))

    assert sent == [True, False, False]
    assert len(hook.posts) == 1


def test_a_try_that_ended_with_its_worker_is_taken_up(hook, later, now):
    raise_alerts.test("ada", now)
    # As a worker leaves it that dies after its claim.
    Delivery.objects.update(tries=1, due_at=now + deliveries.DELIVERY_LEASE)

    assert deliveries.deliver(now + timedelta(minutes=1)) == 0
    assert deliveries.deliver(later(now + deliveries.DELIVERY_LEASE)) == 1


def test_a_site_without_receivers_keeps_alerts_in_the_list(now):
    raise_alerts.test("ada", now)

    assert Alert.objects.count() == 1
    assert not Delivery.objects.exists()


def test_the_beat_sends_what_is_due(hook, now):
    raise_alerts.test("ada", now)

    tasks.look.apply()

    assert len(hook.posts) == 1


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", ("localhost", 25, "", "", False, False)),
        ("smtp://mail.example:2525", ("mail.example", 2525, "", "", False, False)),
        ("smtp+tls://u%40x:p%2Fw@m.example", ("m.example", 587, "u@x", "p/w", True, False)),
        ("smtps://u:p@m.example", ("m.example", 465, "u", "p", False, True)),
    ],
)
def test_a_mail_server_is_named_by_one_url(monkeypatch, url, server):
    monkeypatch.setenv("EMAIL_URL", url)

    read = env.mail_server("EMAIL_URL")

    assert (read.host, read.port, read.user, read.password, read.tls, read.ssl) == server


def test_a_mail_server_that_is_none_is_refused_without_its_password(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "http://u:geheim@m.example")

    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refusal:
        env.mail_server("EMAIL_URL")

    assert "geheim" not in str(refusal.value)


def test_an_address_that_no_mail_can_be_sent_to_is_given_up_alone(mailbox, later, now, settings):
    settings.ALERT_EMAILS = ["boss@shop.example", "a@x.example;b@x.example"]
    watch_moment = now
    raise_alerts.test("ada", now)
    for _ in range(deliveries.MOST_TRIES):
        deliveries.deliver(watch_moment)
        watch_moment = later(watch_moment + deliveries.LONGEST_WAIT)

    states = dict(Delivery.objects.values_list("recipient", "state"))
    assert states == {"boss@shop.example": "sent", "a@x.example;b@x.example": "given up"}
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("", []),
        ("a@x.example, b@x.example", ["a@x.example", "b@x.example"]),
        ("chef@bücher.example", ["chef@bücher.example"]),
    ],
)
def test_addresses_are_separated_by_commas(monkeypatch, typed, addresses):
    monkeypatch.setenv("ALERT_EMAILS", typed)

    assert env.emails("ALERT_EMAILS") == addresses


@pytest.mark.parametrize(
    "typed",
    [
        "a@x.example;b@x.example",
        "a@x.example b@x.example",
        "a@x.example, nobody",
        "chéf@x.example",
        f"a@{'ü' * 70}.example",
        "Boss <a@x.example>",
    ],
)
def test_what_is_no_address_is_refused_at_start(monkeypatch, typed):
    monkeypatch.setenv("ALERT_EMAILS", typed)

    with pytest.raises(ImproperlyConfigured, match=r"ALERT_EMAILS: .* with commas"):
        env.emails("ALERT_EMAILS")


def test_a_domain_with_umlauts_is_written_as_mail_servers_do(mailbox, now, settings):
    settings.ALERT_EMAILS = ["chef@bücher.example"]
    raise_alerts.test("ada", now)

    assert deliveries.deliver(now) == 1
    assert mailbox.recipients == ["TO:<chef@xn--bcher-kva.example>"]
