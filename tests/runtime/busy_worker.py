"""A worker process whose threads tests can keep busy; it leaves files in the directory NOTES."""

import os
import sys
from pathlib import Path

from celery import shared_task

from chatsite.celery import app
from chatsite.runtime import worker
from tests.waiting import until

WITHIN = 60.0  # seconds that a thread is held at the most


@shared_task(name="tests.hold")
def hold(name: str) -> None:
    """Leave a file that says it has begun, and go on until there is one named `go`."""
    note([name])
    until((Path(os.environ["NOTES"]) / "go").exists, WITHIN)


@shared_task(name="tests.note")
def note(names: list[object]) -> None:
    """Leave files of these names."""
    for name in names:
        (Path(os.environ["NOTES"]) / str(name)).touch()


if __name__ == "__main__":
    # One connection alone, so that it is the queue's that is found closed.
    app.conf.worker_enable_remote_control = False
    sys.exit(worker.main("busy"))
