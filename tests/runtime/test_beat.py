"""The schedule goes on whatever the clocks say, and what is sent twice is done once."""

import shelve
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from chatsite.celery import app as workers
from chatsite.runtime import beat
from chatsite.runtime.beat import Schedule
from chatsite.runtime.scheduled_task import EVERY
from tests import services
from tests.waiting import until


@pytest.fixture
def broker() -> Iterator[services.Server]:
    with services.redis() as server:
        yield server


def sweeps(broker: services.Server) -> int:
    with redis.Redis.from_url(broker.url) as looking:
        waiting = looking.lrange("chatsite", 0, -1)
        return sum(b"chatsite.answering.tasks.sweep" in message for message in waiting)


def written_ahead(file: Path, hours: int) -> None:
    """As by a beat whose clock was ahead."""
    schedule = Schedule(beat.app, schedule_filename=str(file))
    schedule.close()
    with closing(shelve.open(str(file), writeback=True)) as stored:
        for entry in stored["entries"].values():
            entry.last_run_at += timedelta(hours=hours)


def test_a_file_from_the_future_silences_nothing(broker, tmp_path, monkeypatch):
    monkeypatch.setenv("REDIS_URL", broker.url)
    written_ahead(tmp_path / "beat", hours=1)

    with subprocess.Popen(
        [sys.executable, "-m", "chatsite.runtime.beat", tmp_path / "beat"]
    ) as process:
        try:
            until(lambda: sweeps(broker), within=60)
        finally:
            process.kill()


def test_a_clock_that_is_set_back_while_it_runs_silences_nothing(tmp_path, monkeypatch):
    schedule = Schedule(beat.app, schedule_filename=str(tmp_path / "beat"))
    sent = []
    monkeypatch.setattr(Schedule, "apply_entry", lambda self, entry, producer: sent.append(entry))
    now = beat.app.now()
    ahead = now + timedelta(hours=1)
    monkeypatch.setattr(beat.app, "now", lambda: ahead)
    for entry in schedule.schedule.values():
        entry.last_run_at = ahead
    schedule.tick()

    monkeypatch.setattr(beat.app, "now", lambda: now + timedelta(seconds=10))
    hour_less = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: hour_less)

    assert schedule.tick() <= 5
    schedule.close()


def test_nothing_is_sent_that_a_workers_clock_could_call_expired():
    for entry in beat.app.conf.beat_schedule.values():
        assert "expires" not in entry["options"]


def test_what_two_beats_send_is_carried_out_once():
    done = []

    @workers.task(name="tests.counted")
    def task() -> None:
        done.append(1)

    with redis.Redis.from_url(workers.conf.broker_url) as store:
        store.delete("chatsite:sent:tests.counted")

    for _ in range(3):
        task.apply(headers={EVERY: 60.0})  # type: ignore[dict-item]
    task.apply()

    assert len(done) == 2
