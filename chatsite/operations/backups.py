"""Consistent copies of a running site's database, and restoring them."""

import os
import re
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, connections

from chatsite.chat.models import Attachment
from chatsite.chat.models.attachment import storage
from chatsite.runtime.sqlite import database_file_lock


class NotRestored(Exception):
    """In words for the operator; the database is as it was."""


# Beside the database: what customers and staff have sent along.
FILES = ".attachments.tar"
# Seconds that a process which is about to end is given.
ENDS_WITHIN = 2.0
CONNECTED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, %s)
AND application_name <> current_setting('application_name')
"""
# As `Attachment.store` names them: an archive writes nowhere else.
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\w{0,10}\Z")


def write(file: Path) -> None:
    """Customers go on meanwhile. A copy that was not finished has another name.

    Raises OSError, DatabaseError, CalledProcessError.
    """
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(part)) as copy:
            connection.connection.backup(copy, pages=1000)
    else:
        _postgresql("pg_dump", "--format=custom", "--no-owner", "--file", str(part))
    part.chmod(0o600)
    descriptor = os.open(part, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    part.replace(file)
    _write_files(file)


def restore(file: Path) -> None:
    """All or nothing, and not while the site runs: what it writes meanwhile would be lost.

    Raises NotRestored.
    """
    if not file.is_file():
        raise NotRestored(f"There is no file {file}")
    connections.close_all()
    with _alone():
        _restore_database(file)
    restore_files(file)


def restore_files(file: Path) -> None:
    """Put back those that are missing. Raises NotRestored."""
    archive = file.with_name(f"{file.name}{FILES}")
    if not archive.exists():
        return
    try:
        with tarfile.open(archive) as kept:
            for member in kept:
                content = kept.extractfile(member) if _NAME.match(member.name) else None
                if content and not storage().exists(member.name):
                    storage().save(member.name, ContentFile(content.read()))
    except (tarfile.TarError, OSError) as error:
        raise NotRestored(f"{archive} is damaged: {error}") from error


def _write_files(file: Path) -> None:
    """All that the copied database may name: the newest come too, those just deleted do not."""
    archive = file.with_name(f"{file.name}{FILES}")
    part = file.with_name(f"{archive.name}.part")
    archive.unlink(missing_ok=True)
    rows = Attachment.objects.order_by("id").only("file")
    if not rows.exists():
        return
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as kept:
            for row in rows.iterator():
                try:
                    content = row.read()
                except FileNotFoundError:
                    continue
                member = tarfile.TarInfo(row.file)
                member.size = len(content)
                kept.addfile(member, BytesIO(content))
        out.flush()
        os.fsync(out.fileno())
    part.replace(archive)


@contextmanager
def _alone() -> Iterator[None]:
    """No web process and no worker uses the database. Raises NotRestored."""
    if connection.vendor == "sqlite":
        lock = database_file_lock.opened()
        try:
            _wait_for(lambda: database_file_lock.is_alone(lock))
            yield
        finally:
            os.close(lock)
    else:
        cast(Any, connection).close_pool()
        with psycopg.connect(**connection.get_connection_params()) as looking:
            _wait_for(lambda: looking.execute(CONNECTED, [settings.PROGRAM]).fetchone() == (0,))
        yield


def _wait_for(is_alone: Callable[[], bool]) -> None:
    """Raises NotRestored."""
    until = time.monotonic() + ENDS_WITHIN
    while not is_alone():
        if time.monotonic() > until:
            raise NotRestored("The site is running. Stop web and workers first.")
        time.sleep(0.1)


def _restore_database(file: Path) -> None:
    if connection.vendor == "sqlite":
        _restore_sqlite(file)
        return
    try:
        _postgresql(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(file)
        )
    except subprocess.CalledProcessError as error:
        raise NotRestored(f"pg_restore: {error.stderr.strip()}") from error


def _restore_sqlite(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            (found,) = copy.execute("PRAGMA integrity_check").fetchone()
            if found != "ok":
                raise NotRestored(f"{file} is damaged: {found}")
            copy.execute("SELECT 1 FROM django_migrations LIMIT 1")
            name = str(connection.settings_dict["NAME"])
            with closing(sqlite3.connect(name, timeout=20)) as database:
                copy.backup(database)
    except sqlite3.Error as error:
        raise NotRestored(f"{file} is not a backup of this site: {error}") from error


def _postgresql(program: str, *arguments: str) -> None:
    """The password goes by the environment, which other users of the machine cannot read."""
    given = connection.get_connection_params()
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "host": "PGHOST", "port": "PGPORT"}
    names["password"] = "PGPASSWORD"  # noqa: S105
    environment = {names[key]: str(value) for key, value in given.items() if key in names}
    target = ["--dbname", environment["PGDATABASE"]] if program == "pg_restore" else []
    subprocess.run(  # noqa: S603  # PostgreSQL's own programs
        [program, *target, *arguments],
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
