"""A worker process outlives its broker, whatever its threads were doing meanwhile."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import redis
from celery import Celery
from django.conf import settings

from chatsite.chat.live import wake_worker
from tests import services
from tests.guards import guards
from tests.runtime.busy_worker import hold, note
from tests.waiting import until

WITHIN = 40.0  # seconds; Celery waits two between attempts to connect


@pytest.fixture
def broker() -> Iterator[services.Server]:
    with services.redis() as server:
        yield server


@pytest.fixture
def busy_worker(broker, monkeypatch, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("REDIS_URL", broker.url)
    monkeypatch.setenv("NOTES", str(tmp_path))
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.busy_worker"], stdout=log, stderr=log
        ) as process,
    ):
        yield process
        process.kill()


@pytest.fixture
def wait(tmp_path) -> Callable[[Callable[[], bool]], None]:
    return partial(until, within=WITHIN, why=(tmp_path / "log").read_text)


def send(broker: services.Server, *names: str) -> None:
    """Tasks that are held until there is a file named `go`."""
    with Celery(broker=broker.url, set_as_current=False) as sender:
        for name in names:
            sender.send_task(hold.name, (name,), queue=wake_worker.QUEUE)


def keep_busy(broker: services.Server, wait, notes: Path, threads: int) -> None:
    send(broker, *(f"busy{number}" for number in range(threads)))
    wait(lambda: len(list(notes.glob("busy*"))) == threads)


def test_a_hint_does_not_wait_for_long_tasks(broker, busy_worker, wait, tmp_path, monkeypatch):
    keep_busy(broker, wait, tmp_path, settings.CELERY_WORKER_CONCURRENCY // 2)
    monkeypatch.setattr(wake_worker, "TASK", note.name)
    monkeypatch.setattr(wake_worker, "app", Celery(broker=broker.url, set_as_current=False))
    wake_worker._queue.cache_clear()

    wake_worker.wake_worker(7)

    wait(lambda: (tmp_path / "7").exists())


def test_hints_go_on_after_a_broker_that_refuses_them(monkeypatch, broker, caplog):
    """The thread that sends them is the process's only one."""
    with services.redis() as away:
        sender = Celery(broker=away.url, set_as_current=False)
        monkeypatch.setattr(wake_worker, "app", sender)
        wake_worker._queue.cache_clear()
        away.kill()
        wake_worker.wake_worker(7)
        until(lambda: "hints lost" in caplog.text, WITHIN)
    monkeypatch.setattr(wake_worker, "app", Celery(broker=broker.url, set_as_current=False))

    wake_worker.wake_worker(8)

    with redis.Redis.from_url(broker.url) as looking:
        until(lambda: looking.llen(wake_worker.QUEUE) == 1, WITHIN)


@guards(
    "chatsite/runtime/broker.py",
    "        if self._delivered and delivery_tag in self._delivered:\n",
    "        if delivery_tag:\n",
)
def test_a_task_that_is_taken_up_while_the_broker_is_away_ends_no_worker(
    broker, busy_worker, wait, tmp_path
):
    """Its thread has it acknowledged over the connection that brought it, which is closed."""
    log = tmp_path / "log"
    keep_busy(broker, wait, tmp_path, settings.CELERY_WORKER_CONCURRENCY)
    send(broker, "waiting")
    with redis.Redis.from_url(broker.url) as looking:
        wait(lambda: not looking.llen(wake_worker.QUEUE))  # the worker has it

    broker.kill()
    wait(lambda: "Connection to broker lost" in log.read_text())
    (tmp_path / "go").touch()
    wait(lambda: (tmp_path / "waiting").exists())
    broker.start()
    send(broker, "after")
    wait(lambda: (tmp_path / "after").exists())

    assert busy_worker.poll() is None, log.read_text()


@guards("chatsite/settings.py", "CELERY_BROKER_CHANNEL_ERROR_RETRY = True", "")
def test_a_worker_that_comes_while_the_broker_is_full_waits(broker, busy_worker, wait, tmp_path):
    log = tmp_path / "log"
    with redis.Redis.from_url(broker.url) as client:
        client.config_set("maxmemory", 1)
        wait(lambda: "command not allowed" in log.read_text())
        client.config_set("maxmemory", 0)
    send(broker, "after")
    wait(lambda: (tmp_path / "after").exists())

    assert busy_worker.poll() is None, log.read_text()
