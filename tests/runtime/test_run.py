"""`manage.py run`: real processes, from the first start to Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import services
from tests.stack import prepared
from tests.waiting import until

pytestmark = pytest.mark.skipif(
    os.environ.get("TEST_DATABASE") == "postgresql", reason="runs on an SQLite of its own"
)

ROOT = Path(__file__).resolve().parents[2]
# Seconds; a first start on a machine that runs other tests as well.
WITHIN = 90


class Run:
    """One `manage.py run` with its own directory and port, as typed into a terminal."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.log = var.with_suffix(".log")
        unset = ("REDIS_URL", "DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "DEMO_PORT")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=ROOT,
                env=environment | {"VAR_DIR": str(var), "PORT": str(port)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def status(self, path: str = "/help/") -> int:
        """Of the page, or 0 while nothing answers."""
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=5) as page:
                return int(page.status)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return 0

    def processes(self) -> dict[int, str]:
        """Command lines by pid of whatever runs with this directory, wherever it belongs."""
        found = {}
        for proc in Path("/proc").glob("[0-9]*"):
            # It has ended since, or belongs to someone else.
            with suppress(OSError):
                if f"VAR_DIR={self.var}\0".encode() in (proc / "environ").read_bytes():
                    command = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(proc.name)] = command
        return {pid: command for pid, command in found.items() if command}  # zombies have none

    def pid(self, words: str) -> int:
        return next(pid for pid, command in self.processes().items() if words in command)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(name: str = "one", port: int = 0, *, is_new: bool = False) -> Run:
        var = tmp_path / name
        if not is_new and not var.exists():
            shutil.copytree(prepared("sqlite").var, var)
        runs.append(Run(var, port or services.free_port()))
        return runs[-1]

    yield start
    for run in runs:
        run.end()


def test_two_sites_live_beside_each_other_and_leave_nothing_behind(start, monkeypatch):
    monkeypatch.setenv("WORKERS", "2")
    one = start("one", is_new=True)
    until(one.status, WITHIN)
    two = start("another one")
    until(two.status, WITHIN)

    assert f"http://localhost:{one.port}/admin/" in one.printed
    assert re.findall(r"Account (\w+) +one-time password \w{14}", one.printed) == [
        "admin",
        "staff",
        "operator",
    ]
    commands = " ".join(one.processes().values())
    for words in (
        "chatsite.runtime.web",
        "worker1",
        "worker2",
        "beat",
        "chatsite.demo.demo_server",
        "valkey-server",
    ):
        assert words in commands

    # Ctrl-C, which a terminal sends to the whole group.
    os.killpg(one.process.pid, signal.SIGINT)
    # The terminal's window is closed.
    os.killpg(two.process.pid, signal.SIGHUP)

    until(lambda: one.process.poll() is not None and two.process.poll() is not None, WITHIN)
    assert one.processes() == {}
    assert two.processes() == {}

    # A second start prepares nothing anew.
    already = len(one.printed)
    again = start("one")
    until(again.status, WITHIN)
    since = again.printed[already:]
    assert "Collecting" not in since
    assert "Creating" not in since
    assert "password" not in since


def test_a_process_that_dies_is_started_again_and_a_second_ctrl_c_ends_what_will_not_end(start):
    run = start()
    until(run.status, WITHIN)
    web, worker = run.pid("chatsite.runtime.web"), run.pid("worker")

    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)

    until(lambda: "exited: web" in run.printed and "exited: worker1" in run.printed, 10)
    until(run.status, WITHIN)
    until(lambda: run.printed.count("spawned: 'worker1'") == 2, 10)
    assert run.pid("chatsite.runtime.web") != web

    os.kill(run.pid("worker"), signal.SIGSTOP)  # deaf to SIGTERM
    os.killpg(run.process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert run.process.poll() is None
    os.killpg(run.process.pid, signal.SIGINT)

    until(lambda: run.process.poll() is not None and run.processes() == {}, 5)


def test_what_stands_in_the_way_is_named_and_a_killed_supervisor_takes_its_processes_along(start):
    run = start()
    until(run.status, WITHIN)

    same_port, same_directory = start("other", run.port), start()

    until(lambda: same_port.process.poll() is not None, WITHIN)
    until(lambda: same_directory.process.poll() is not None, WITHIN)
    assert same_port.process.returncode == same_directory.process.returncode == 1
    assert f"Port {run.port} is taken" in same_port.printed
    assert f"already running in {run.var}" in same_directory.printed
    assert run.status() == 200

    run.process.kill()

    until(lambda: run.processes() == {}, 20)
