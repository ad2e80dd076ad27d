"""The servers break: Redis, PostgreSQL, the disk."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import redis

from tests.chaos.havoc import Fault, Havoc
from tests.stack import prepared

# Seconds, all of them shorter than a lease: nobody else takes over what goes on right after.
AWAY_FOR = (0.2, 3.0)
STANDS_STILL_FOR = (1.0, 4.0)
REFUSES_FOR = (2.0, 6.0)
# Of the file system that runs full, with everything that the product keeps.
DISK = "1g"
BALLAST = "ballast"


async def restart_redis(havoc: Havoc) -> None:
    """It keeps nothing: hints and frames are gone."""
    async with havoc.redis:
        havoc.stack.redis.kill()
        await asyncio.sleep(havoc.between(AWAY_FOR))
        havoc.stack.redis.start()


async def freeze_redis(havoc: Havoc) -> None:
    """As a machine that swaps: connections stay, and nothing is answered."""
    async with havoc.redis:
        await _frozen_for(havoc, havoc.stack.redis.pid)


async def empty_redis(havoc: Havoc) -> None:
    """By a mistake, while everybody stays connected."""
    async with havoc.redis:
        with _redis(havoc) as client:
            client.flushall()


async def fill_redis(havoc: Havoc) -> None:
    """Nothing more is written, and everything still read."""
    async with havoc.redis:
        with _redis(havoc) as client:
            client.config_set("maxmemory", 1)
            await asyncio.sleep(havoc.between(REFUSES_FOR))
            client.config_set("maxmemory", 0)


async def change_redis_password(havoc: Havoc) -> None:
    """Who is connected is sent away, and who comes is refused, until it is changed back."""
    async with havoc.redis:
        with _redis(havoc) as client:
            client.config_set("requirepass", "another")
            for kind in ("normal", "pubsub"):
                client.client_kill_filter(_type=kind, skipme=True)
            await asyncio.sleep(havoc.between(REFUSES_FOR))
            client.config_set("requirepass", "")


async def restart_database(havoc: Havoc) -> None:
    """Killed: its clients' transactions are gone, and it recovers what was committed."""
    database = havoc.stack.postgresql
    assert database
    async with havoc.database:
        await asyncio.to_thread(database.kill)
        await asyncio.sleep(havoc.between(AWAY_FOR))
        database.start()


async def freeze_database(havoc: Havoc) -> None:
    assert havoc.stack.postgresql
    async with havoc.database:
        await _frozen_for(havoc, havoc.stack.postgresql.pid)


async def make_database_read_only(havoc: Havoc) -> None:
    """As one that was found to be a copy, or whose provider has stopped writes."""
    assert havoc.stack.postgresql
    async with havoc.database:
        with psycopg.connect(havoc.stack.postgresql.url, autocommit=True) as connection:
            setting = "ALTER SYSTEM SET default_transaction_read_only"
            for value in ("on", "off"):
                connection.execute(f"{setting} = {value}".encode())
                connection.execute("SELECT pg_reload_conf()")
                await asyncio.sleep(havoc.between(REFUSES_FOR) if value == "on" else 0)


async def take_all_connections(havoc: Havoc) -> None:
    """Another program has them all; those that the product held are cut."""
    assert havoc.stack.postgresql
    url = havoc.stack.postgresql.url
    taken: list[psycopg.Connection] = []

    def take() -> None:
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(url, application_name="greedy", connect_timeout=2))

    async with havoc.database:
        await asyncio.to_thread(take)
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        taken[0].execute(f"{ends} WHERE application_name <> 'greedy' AND datname <> ''".encode())
        await asyncio.to_thread(take)
        await asyncio.sleep(havoc.between(REFUSES_FOR))
        for connection in taken:
            connection.close()


async def fill_the_disk(havoc: Havoc) -> None:
    """And make room again. A reader meanwhile keeps SQLite's log from being used anew."""
    disk = havoc.stack.var.parent
    if not disk.is_mount():
        return
    async with havoc.database, havoc.redis:
        reader = _reader(havoc.stack.var / "chat.sqlite3")
        try:
            await asyncio.to_thread(_fill, disk / BALLAST)
            await asyncio.sleep(havoc.between(REFUSES_FOR))
        finally:
            (disk / BALLAST).unlink(missing_ok=True)
            if reader:
                reader.close()
        database = havoc.stack.postgresql
        if database and database.process and database.process.poll() is not None:
            database.start()  # it could not even write that it had to end


@contextmanager
def own_disk() -> Iterator[bool]:
    """A file system for all that a stack begun in it keeps; false where none can be mounted."""
    for database in ("sqlite", "postgresql"):
        prepared(database)  # elsewhere: this disk goes away
    at = Path(tempfile.mkdtemp(prefix="disk-"))
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=1777", "tmpfs", str(at)]
    if subprocess.run(mounting, check=False, stderr=subprocess.DEVNULL).returncode:
        at.rmdir()
        sys.stderr.write("No file system can be mounted here: the disk does not run full.\n")
        yield False
        return
    before, tempfile.tempdir = tempfile.tempdir, str(at)
    try:
        yield True
    finally:
        tempfile.tempdir = before
        subprocess.run(["umount", "--lazy", at], check=False)
        at.rmdir()


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        free = os.statvfs(file.parent)
        os.posix_fallocate(ballast.fileno(), 0, free.f_bavail * free.f_frsize)
        while True:
            ballast.write(b"0" * 4096)


def _reader(file: Path) -> sqlite3.Connection | None:
    if not file.exists():
        return None
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT 1 FROM chat_message LIMIT 1").fetchall()
    return connection


@contextmanager
def _redis(havoc: Havoc) -> Iterator[redis.Redis]:
    """One connection, which stays who it is."""
    url = havoc.stack.redis.url
    with closing(redis.Redis.from_url(url, single_connection_client=True)) as client:
        client.ping()
        yield client


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def _frozen_for(havoc: Havoc, pid: int) -> None:
    """The server, with the processes that it has for its clients."""
    pids = [pid, *_children(pid)]
    for each in pids:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGSTOP)
    await asyncio.sleep(havoc.between(STANDS_STILL_FOR))
    for each in pids:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGCONT)


FAULTS = [
    Fault("Redis restarts", restart_redis, full=5, ci=1),
    Fault("Redis freezes", freeze_redis, full=3),
    Fault("Redis emptied", empty_redis, full=3),
    Fault("Redis full", fill_redis, full=3),
    Fault("Redis password changed", change_redis_password, full=3),
    Fault("PostgreSQL restarts", restart_database, full=3, database="postgresql"),
    Fault("PostgreSQL freezes", freeze_database, full=3, database="postgresql"),
    Fault("PostgreSQL read-only", make_database_read_only, full=3, database="postgresql"),
    Fault("PostgreSQL without connections", take_all_connections, full=3, database="postgresql"),
    Fault("disk full", fill_the_disk, full=3),
]
