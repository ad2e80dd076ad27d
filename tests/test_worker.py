"""A worker process outlives its broker, whatever its threads were doing meanwhile."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import redis
from celery import Celery
from django.conf import settings

from tests import services
from tests.busy_worker import hold
from tests.waiting import until

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


def test_a_hint_that_is_taken_up_while_the_broker_is_away_ends_no_worker(
    broker, busy_worker, tmp_path
):
    """Its thread has it acknowledged over the connection that brought it, which is closed."""

    def send(*names: str) -> None:
        with Celery(broker=broker.url, set_as_current=False) as sender:
            for name in names:
                sender.send_task(hold.name, (str(tmp_path), name), queue=queue)

    def wait(holds: Callable[[], bool]) -> None:
        until(holds, WITHIN, log.read_text)

    log = tmp_path / "log"
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    at_once = settings.CELERY_WORKER_CONCURRENCY
    send(*(f"busy{number}" for number in range(at_once)))
    wait(lambda: len(list(tmp_path.glob("busy*"))) == at_once)
    send("waiting")
    with redis.Redis.from_url(broker.url) as looking:
        wait(lambda: not looking.llen(queue))  # the worker has it

    broker.kill()
    wait(lambda: "Connection to broker lost" in log.read_text())
    (tmp_path / "go").touch()
    wait(lambda: (tmp_path / "waiting").exists())
    broker.start()
    send("after")
    wait(lambda: (tmp_path / "after").exists())

    assert busy_worker.poll() is None, log.read_text()
