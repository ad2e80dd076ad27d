"""A worker process outlives its broker, whatever its threads were doing meanwhile."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings

from tests import services
from tests.busy_worker import hold

WITHIN = 20.0  # seconds; Celery waits two between attempts to connect


@pytest.fixture
def broker() -> Iterator[services.Server]:
    with services.redis() as server:
        yield server


@pytest.fixture
def busy_worker(broker, monkeypatch, tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("REDIS_URL", broker.url)
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.busy_worker"], stdout=log, stderr=log
        ) as process,
    ):
        yield process
        process.kill()


def until(holds: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def test_a_hint_that_is_taken_up_while_the_broker_is_away_ends_no_worker(
    broker, busy_worker, tmp_path
):
    """Its thread has it acknowledged over the connection that brought it, which is closed."""

    def send(*names: str) -> None:
        with Celery(broker=broker.url, set_as_current=False) as sender:
            for name in names:
                sender.send_task(hold.name, (str(tmp_path), name), queue=queue)

    log = tmp_path / "log"
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    at_once = settings.CELERY_WORKER_CONCURRENCY
    send(*(f"busy{number}" for number in range(at_once)))
    until(lambda: len(list(tmp_path.glob("busy*"))) == at_once, log)
    send("waiting")
    time.sleep(0.5)

    broker.kill()
    until(lambda: "Connection to broker lost" in log.read_text(), log)
    (tmp_path / "go").touch()
    until(lambda: (tmp_path / "waiting").exists(), log)
    broker.start()
    send("after")
    until(lambda: (tmp_path / "after").exists(), log)

    assert busy_worker.poll() is None, log.read_text()
