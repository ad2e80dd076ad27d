"""A lock beside SQLite's file: who uses the database shares it, who restores it has it alone."""

import fcntl
import os

from django.db import connection


def share() -> None:
    """Until this process ends. Waits while the database is being restored."""
    if connection.vendor == "sqlite":
        fcntl.flock(opened(), fcntl.LOCK_SH)


def is_alone(lock: int) -> bool:
    """From now on, and until `lock` is closed nobody else comes to share it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def opened() -> int:
    """The file descriptor of one more user."""
    return os.open(f"{connection.settings_dict['NAME']}.lock", os.O_CREAT | os.O_RDWR, 0o600)
