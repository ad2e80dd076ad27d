"""A worker process whose threads tests can keep busy: `python -m tests.busy_worker DIRECTORY`."""

import sys
import time
from pathlib import Path

from celery import shared_task

from chatsite import worker
from chatsite.celery import app


@shared_task(name="tests.hold")
def hold(directory: str, name: str) -> None:
    """Leave a file that says it has begun, and go on until there is one named `go`."""
    (Path(directory) / name).touch()
    while not (Path(directory) / "go").exists():
        time.sleep(0.01)


if __name__ == "__main__":
    # One connection alone, so that it is the queue's that is found closed.
    app.conf.worker_enable_remote_control = False
    sys.exit(worker.main("busy"))
