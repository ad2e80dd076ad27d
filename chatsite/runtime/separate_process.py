"""Long work of Python's own, outside the worker: in a thread it would hold the interpreter's lock
that the worker's loop needs for every token that it sends, and its libraries would stay in memory.
"""

import subprocess
import sys
from datetime import timedelta

from django.conf import settings


def run(command: str, *, within: timedelta) -> None:
    """`manage.py COMMAND`, behind everything else. Raises CalledProcessError, TimeoutExpired."""
    subprocess.run(  # noqa: S603 - our own words
        ["nice", sys.executable, "manage.py", command],  # noqa: S607
        cwd=settings.BASE_DIR,
        check=True,
        timeout=within.total_seconds(),
    )
