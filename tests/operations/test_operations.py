"""What those who run the site ask it, and the copies that they make."""

import json
import logging
import subprocess
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chatsite.chat.actions import ask
from chatsite.chat.models import Message
from chatsite.operations import readiness, tasks
from chatsite.operations.json_logs import Json
from tests.chat import told
from tests.guards import guards
from tests.stack import Stack

VISITOR = "v" * 64


def say(text: str) -> None:
    ask.question(uuid.uuid4(), VISITOR, text, uuid.uuid4())


@pytest.fixture
def no_canary() -> None:
    readiness._redis().delete(readiness.CANARY)


def test_a_site_is_ready_once_a_worker_has_completed_a_task(client, db, no_canary):
    assert client.get("/healthz").status_code == 200
    before = client.get("/readyz")
    assert (before.status_code, before.json()["worker"]) == (503, False)

    tasks.canary.apply()

    assert client.get("/readyz").status_code == 200
    assert 0 < readiness._redis().ttl(readiness.CANARY) <= readiness.ALIVE_FOR


def test_metrics_are_for_who_has_the_token(client, db, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "of the tests"
    assert client.get("/metrics").status_code == 401
    wrong = {"authorization": "Bearer of the test"}
    assert client.get("/metrics", headers=wrong).status_code == 401
    say("Where is my parcel?")

    shown = client.get("/metrics", headers={"authorization": "Bearer of the tests"})

    text = shown.content.decode()
    assert "chatsite_replies_pending 1.0" in text
    assert "chatsite_ready" in text
    assert "parcel" not in text


def test_metrics_say_how_long_customers_wait_for_the_first_words(client, db, settings, monkeypatch):
    settings.METRICS_TOKEN = "of the tests"
    monkeypatch.setattr(told, "NOW", timezone.now())
    told.prices(since=timezone.now() - timedelta(days=1))
    for waited in (400, 900, 2_500):
        reply = told.Told().asks().answered().reply
        Message.objects.filter(pk=reply.pk).update(first_words_ms=waited)

    shown = client.get("/metrics", headers={"authorization": "Bearer of the tests"})

    text = shown.content.decode()
    assert 'chatsite_first_words_seconds_recent{quantile="0.5"} 0.9' in text
    assert 'chatsite_first_words_seconds_recent{quantile="0.95"} 2.5' in text


def test_a_request_keeps_the_name_that_the_proxy_gave_it(client):
    name = "0123456789abcdef"

    assert client.get("/healthz", headers={"x-request-id": name})["X-Request-ID"] == name
    forged = client.get("/healthz", headers={"x-request-id": "a\tb"})["X-Request-ID"]
    assert len(forged) == 16


def test_a_log_line_names_its_reply():
    record = logging.LogRecord("chatsite", 20, "", 0, "%s ended: %s", ("reply:7:2", "ok"), None)

    line = json.loads(Json().format(record))

    assert line["reply"] == "reply:7:2"
    assert line["message"] == "reply:7:2 ended: ok"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(upstream=["--tokens", "3"]) as stack:
        yield stack


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_restored_as_it_was_while_customers_wrote(tmp_path):
    for number in range(5):
        say(f"before {number}")
    stop = threading.Event()
    said: list[int] = []

    def go_on() -> None:
        while not stop.is_set():
            say(f"meanwhile {len(said)}")
            said.append(1)
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        call_command("backup", str(tmp_path / "copy"), verbosity=0)
    finally:
        stop.set()
        thread.join()
    say("after")

    call_command("restore", str(tmp_path / "copy"), "--yes", verbosity=0)

    texts = set(Message.objects.filter(role="customer").values_list("text", flat=True))
    assert {f"before {number}" for number in range(5)} <= texts
    assert "after" not in texts
    # Each message with its reply: a copy of one moment.
    assert Message.objects.filter(role="assistant").count() == len(texts)
    assert not Path(tmp_path / "copy.part").exists()
    say("and on")


@guards("chatsite/runtime/web.py", "        database_file_lock.share()\n", "")
@guards("chatsite/runtime/worker.py", "    database_file_lock.share()\n", "")
@guards("chatsite/operations/backups.py", "with _alone():", "if True:")
@pytest.mark.parametrize("running", ["web", "worker"])
def test_nothing_is_restored_while_a_web_process_or_a_worker_runs(stack, running, tmp_path):
    (tmp_path / "copy").touch()
    stopped = stack.workers[0] if running == "web" else stack.web
    stopped.stop()

    with pytest.raises(subprocess.CalledProcessError) as refused:
        stack.manage("restore", str(tmp_path / "copy"), "--yes")

    stopped.start()
    stack.wait_until_ready()
    assert "The site is running. Stop web and workers first." in refused.value.output


@pytest.mark.django_db(transaction=True)
def test_what_is_no_backup_changes_nothing(tmp_path):
    say("kept")
    (tmp_path / "copy").write_bytes(b"no database at all")

    with pytest.raises(CommandError):
        call_command("restore", str(tmp_path / "copy"), "--yes")
    with pytest.raises(CommandError):
        call_command("restore", str(tmp_path / "none"), "--yes")
    with pytest.raises(CommandError):
        call_command("restore", str(tmp_path / "copy"))

    assert Message.objects.filter(text="kept").exists()
