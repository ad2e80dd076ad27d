"""A worker process whose threads tests can keep busy: `python -m tests.busy_worker DIRECTORY`."""

import sys
from pathlib import Path

from celery import shared_task

from chatsite import worker
from chatsite.celery import app
from tests.waiting import until

WITHIN = 60.0  # seconds that a thread is held at the most


@shared_task(name="tests.hold")
def hold(directory: str, name: str) -> None:
    """Leave a file that says it has begun, and go on until there is one named `go`."""
    (Path(directory) / name).touch()
    until((Path(directory) / "go").exists, WITHIN)


if __name__ == "__main__":
    # One connection alone, so that it is the queue's that is found closed.
    app.conf.worker_enable_remote_control = False
    sys.exit(worker.main("busy"))
