"""Preparing a site, new or older: tables, roles and static files, each only where it is behind."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chatsite.staff import roles


def prepare(say: Callable[[str], object]) -> None:
    """Safe to repeat, and quick where nothing has changed since."""
    if not _tables_are_current():
        say("Creating or changing tables ...")
        call_command("migrate", verbosity=0)
    roles.grant()
    if not _static_files_are_current():
        say("Collecting static files ...")
        call_command("collectstatic", interactive=False, verbosity=0)
        _stamp().write_text(_fingerprint())


def _tables_are_current() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _static_files_are_current() -> bool:
    stamp = _stamp()
    return stamp.exists() and stamp.read_text() == _fingerprint()


def _stamp() -> Path:
    return Path(settings.STATIC_ROOT) / ".collected"


def _fingerprint() -> str:
    """Changes with every file that `collectstatic` would read."""
    digest = hashlib.sha256(django.__version__.encode())
    for path in sorted(_sources()):
        stat = path.stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield Path(storage.path(name))
