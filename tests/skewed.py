"""A process whose clock is off: `python -m tests.skewed SECONDS MODULE [ARGUMENTS]`.

Its own clock as Python's code reads it; the database's, which SQLite reads by itself, stays right.
"""

import runpy
import sys
from datetime import timedelta

from django.utils import timezone


def main(seconds: float, module: str, arguments: list[str]) -> None:
    right = timezone.now
    timezone.now = lambda: right() + timedelta(seconds=seconds)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
