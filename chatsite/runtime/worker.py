"""A worker process: `python -m chatsite.runtime.worker [NAME]`, NAME unique on its machine.

As `celery worker` is, without 22 MB: the shell of Celery's command line, and Django's checks, which
load the admin and have their place in `make test`.
"""

import os
import sys

from chatsite.celery import app
from chatsite.runtime import python_gc
from chatsite.runtime.sqlite import database_file_lock


def main(name: str = "celery") -> int:
    """Work until told to stop. Returns the exit code."""
    os.environ["CELERY_SKIP_CHECKS"] = "true"
    worker = app.Worker(
        hostname=f"{name}@%h",
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )
    python_gc.settle()
    database_file_lock.share()
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
