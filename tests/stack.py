"""The whole product as real processes, in a directory of its own: for browser, chaos and load runs.

    with Stack(workers=2, upstream=["--tokens", "20"]) as stack:
        visit(stack.url)
        stack.workers[0].kill()
        stack.workers[0].start()

Every process is started from the thread that enters the stack, and ends with it.
"""

import atexit
import contextlib
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis

from tests import services

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 60.0  # seconds; six processes start on two cores
STOPPED_WITHIN = 15.0

UPSTREAM = ["-m", "tests.upstream.server"]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")
} | {"DJANGO_SETTINGS_MODULE": "chatsite.settings"}

PROXY = """
defaults
    mode http
    timeout connect 2s
    timeout client 90s
    timeout server 90s
    timeout tunnel 1h
    option forwardfor
    option redispatch
    option httpchk GET /healthz
    default-server inter 500ms fall 2 rise 1
listen site
    bind 127.0.0.1:{port}
"""

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Process:
    """One process of the product; `start` after `kill` is what a supervisor does."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | None = field(default=None, init=False)
    port: int = field(default=0, init=False)  # of a web process
    _began: int = field(default=0, init=False)

    @property
    def pid(self) -> int:
        assert self.popen is not None
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def start(self) -> None:
        """Return at once; it is not ready yet."""
        # Where the kernel can, it ends the process when we are killed and cannot do so ourselves.
        dying = ["setpriv", "--pdeathsig=KILL"] if shutil.which("setpriv") else []
        with self.log.open("ab") as output:
            self._began = output.tell()
            self.popen = subprocess.Popen(
                [*dying, *self.command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """As a crash would: it writes nothing more."""
        if self.popen is not None:
            self.popen.kill()
            self.popen.wait()

    def stop(self) -> None:
        """Ask it to end, and end it."""
        if not self.running:
            return
        assert self.popen is not None
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self) -> None:
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Stop its clock, as a machine that swaps or a paused container does."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def said(self) -> str:
        """What it printed since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._began)
            return log.read().decode(errors="replace")

    def usage(self) -> "Usage":
        return usage(self.pid)


@dataclass(frozen=True, slots=True)
class Usage:
    rss: int  # bytes
    pss: int  # bytes; what several processes share is divided among them
    cpu: float  # seconds since it started, all threads


def usage(pid: int) -> Usage:
    """What the kernel counts for a process."""
    proc = Path("/proc", str(pid))
    resident = int((proc / "statm").read_text().split()[1]) * _PAGE
    shared = (proc / "smaps_rollup").read_text()
    pss = next(line for line in shared.splitlines() if line.startswith("Pss:"))
    # The name, in brackets, may hold spaces.
    times = (proc / "stat").read_text().rpartition(")")[2].split()
    return Usage(resident, int(pss.split()[1]) * 1024, (int(times[11]) + int(times[12])) / _TICKS)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A site that is set up, with the sample shop, and stopped: to be copied."""

    var: Path
    cluster: Path | None  # its directory of PostgreSQL; None on SQLite


@cache
def prepared(database: str) -> Prepared:
    """Made once for all stacks: copies take no time, and this a third of a minute."""
    with ExitStack() as running:
        redis_url = running.enter_context(services.redis()).url
        folders = [Path(tempfile.mkdtemp(prefix=f"prepared-{name}-")) for name in ("var", "db")]
        for folder in folders:
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        var, cluster = folders[0], folders[1] if database == "postgresql" else None
        url = running.enter_context(services.postgresql(kept=cluster)).url if cluster else ""
        known = {"VAR_DIR": str(var), "REDIS_URL": redis_url, "DATABASE_URL": url}
        for command in ("setup", "load_shop"):
            run("manage.py", command, environment=ENVIRONMENT | known)
    return Prepared(var, cluster)


def run(*arguments: str, environment: Mapping[str, str]) -> str:
    """What a command of the product prints. Raises CalledProcessError with its output."""
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            check=True,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except subprocess.CalledProcessError as error:
        error.add_note(error.output)
        raise
    return done.stdout


class Stack:
    """`upstream`: options of `upstream_command`, which is run by this Python and takes `--port`.

    `seed` is Python that may change what the sample shop sets up. Several web processes stand
    behind HAProxy, which has to be installed.
    """

    def __init__(
        self,
        *,
        workers: int = 1,
        webs: int = 1,
        database: str = os.environ.get("TEST_DATABASE", "sqlite"),
        upstream: Sequence[str] = (),
        upstream_command: Sequence[str] = UPSTREAM,
        environment: Mapping[str, str] | None = None,
        seed: str = "",
        demo_model: bool = False,
    ) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="stack-"))
        self.redis = services.redis()
        self._broker = redis.Redis.from_url(self.redis.url, retry=None)
        self._prepared = prepared(database)
        self.postgresql = (
            services.postgresql(like=self._prepared.cluster) if self._prepared.cluster else None
        )
        self.port, upstream_port = services.free_port(), services.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.upstream_url = f"http://127.0.0.1:{upstream_port}"
        self.environment = ENVIRONMENT | {
            "VAR_DIR": str(self.var),
            "PORT": str(self.port),
            "REDIS_URL": self.redis.url,
            "DATABASE_URL": self.postgresql.url if self.postgresql else "",
            "DRAIN_SECONDS": "10",
            "ASKS_PER_VISITOR": "1000000",
            "ASKS_PER_ADDRESS": "1000000",
            "SOCKETS_PER_ADDRESS": "1000000",
            "TRUSTED_PROXIES": str(int(webs > 1)),
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "1",  # as `manage.py run` sets both
            "MALLOC_MMAP_THRESHOLD_": "65536",
        }
        if demo_model:
            self.environment["DEMO_PORT"] = str(upstream_port)
            model = self._command("demo")
        else:
            self.environment["OPENAI_API_KEY"] = "sk-of-the-tests"
            self.environment["OPENAI_BASE_URL"] = f"{self.upstream_url}/v1"
            model = [sys.executable, *upstream_command, "--port", str(upstream_port), *upstream]
        self.environment |= environment or {}
        self._seed = seed
        self.upstream = self.process("upstream", model)
        ports = [self.port] if webs == 1 else [services.free_port() for _ in range(webs)]
        self.webs = [self._web(port) for port in ports]
        self.web = self.webs[0]
        self.proxy = self.process("proxy", []) if webs > 1 else None
        self.workers = [
            self.process(name, [*self._command("worker")[:-1], name])
            for name in (f"worker{number}" for number in range(1, workers + 1))
        ]
        self.beat = self.process("beat", self._command("beat"))
        self._running = ExitStack()

    @property
    def processes(self) -> list[Process]:
        """In the order in which they start."""
        proxies = [self.proxy] if self.proxy else []
        return [self.upstream, *self.webs, *self.workers, self.beat, *proxies]

    def __enter__(self) -> Self:
        # Undone in reverse, also when one of the next lines fails.
        self._running.callback(shutil.rmtree, self.var, ignore_errors=True)
        try:
            self._running.enter_context(self.redis)
            if self.postgresql:
                self._running.enter_context(self.postgresql)
            shutil.copytree(self._prepared.var, self.var, dirs_exist_ok=True)
            if self._seed:
                self.manage("shell", "--verbosity", "0", "--command", self._seed)
            if self.proxy:
                self.proxy.command = self._proxying()
            for process in self.processes:
                self._running.callback(process.kill)
                process.start()
            self.wait_until_ready()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for process in reversed(self.processes):
            if process.running:
                process.thaw()
                process.stop()
        self._running.close()

    def manage(self, *arguments: str) -> str:
        return self.run("manage.py", *arguments)

    def run(self, *arguments: str) -> str:
        """What a command of the product prints. Raises CalledProcessError with its output."""
        return run(*arguments, environment=self.environment)

    def wait_until_ready(self) -> None:
        """Return once pages are served and every worker takes hints. Raises NotReady."""
        deadline = time.monotonic() + READY_WITHIN
        ports = [self.port, *(web.port for web in self.webs)]
        while self.workers_wait() < len(self.workers) or not all(map(self.web_answers, ports)):
            dead = [process for process in self.processes if not process.running]
            if dead or time.monotonic() > deadline:
                raise services.NotReady(self.logs(*(dead or self.processes)))
            time.sleep(0.05)

    def web_answers(self, port: int | None = None) -> bool:
        """Whether a page comes from the site, or from one of its web processes. Raises NotReady."""
        url = f"http://127.0.0.1:{port or self.port}/new/"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
                return False
            raise services.NotReady(self.logs(*self.webs)) from error
        except OSError:
            return False

    def workers_wait(self) -> int:
        """How many workers wait for hints: to the broker, that is the one command they block in."""
        try:
            clients = self._broker.client_list()
        except redis.ConnectionError:
            return 0
        return sum(client["cmd"] == "brpop" for client in clients)

    def logs(self, *processes: Process, last: int = 40) -> str:
        """The last lines of each."""
        parts = []
        for process in processes:
            lines = process.log.read_text(errors="replace").splitlines()[-last:]
            parts.append("\n".join([f"--- {process.name}", *lines]))
        return "\n".join(parts)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the database past the product, whatever state that is in."""
        if self.postgresql:
            with psycopg.connect(self.postgresql.url) as connection:
                return connection.execute(sql.encode()).fetchall()
        file = f"file:{self.var}/chat.sqlite3?mode=ro"
        with contextlib.closing(sqlite3.connect(file, timeout=30, uri=True)) as database:
            return database.execute(sql).fetchall()

    def process(self, name: str, command: list[str]) -> Process:
        """One that knows where the others are; who starts it ends it."""
        return Process(name, command, self.environment, self.var / f"{name}.log")

    def _web(self, port: int) -> Process:
        number = "" if port == self.port else str(port)
        web = self.process(f"web{number}", self._command("web", PORT=str(port)))
        web.port = port
        return web

    def _proxying(self) -> list[str]:
        """As an owner would set it up: a process that does not answer gets no requests. Raises
        NotReady.
        """
        if not shutil.which("haproxy"):
            raise services.NotReady("HAProxy is not installed: apt-get install haproxy")
        servers = [f"    server {web.name} 127.0.0.1:{web.port} check" for web in self.webs]
        file = self.var / "haproxy.cfg"
        file.write_text("\n".join([PROXY.format(port=self.port), *servers, ""]))
        return ["haproxy", "-db", "-f", str(file)]

    def _command(self, program: str, **other: str) -> list[str]:
        """How `make run` starts it."""
        file = ConfigParser(interpolation=None)
        file.read(ROOT / "supervisord.conf")
        known = self.environment | {"PYTHON": sys.executable, "BIND_ADDRESS": "127.0.0.1"} | other
        command = file[f"program:{program}"]["command"]
        for name, value in known.items():
            command = command.replace(f"%(ENV_{name})s", value)
        return shlex.split(command)
