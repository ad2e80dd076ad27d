"""What keeps the site from starting is said in one line."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import services
from tests.guards import guards

RUN = ["manage.py", "run"]
# Seconds, on a machine that has much else to do.
ENDS_WITHIN = 300
WEB = ["-m", "chatsite.runtime.web", "-b", "127.0.0.1", "-p"]


def said(command: list[str], var: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        env=os.environ | {"VAR_DIR": str(var)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=ENDS_WITHIN,
    )
    assert done.returncode != 0
    (line,) = done.stdout.splitlines()
    return line


@guards("chatsite/env.py", " or not kept.isprintable():", ":")
@guards("chatsite/env.py", 'read_text(errors="ignore")', "read_text()")
@pytest.mark.parametrize("command", [RUN, [*WEB, "1"]])
@pytest.mark.parametrize("kept", [b"", b"too short\n", b"\0" * 64, b"\xff" * 64])
def test_a_secret_key_that_is_none(command, kept, tmp_path):
    (tmp_path / "secret_key").write_bytes(kept)

    assert "secret_key is empty or incomplete" in said(command, tmp_path)


@guards(
    "chatsite/runtime/management/commands/run.py",
    "except ImproperlyConfigured as error:",
    "except ZeroDivisionError as error:",
)
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TIME_ZONE", "Mars/Phobos", "is not a time zone"),
        ("LANGUAGE_CODE", "../x", "is not a language code"),
        ("BIND_ADDRESS", "192.0.2.1", "is not an address of this machine"),
        ("WORKERS", "0", "is not a whole number from 1 to 64"),
        ("OPENAI_API_KEY", "sk-a\nb", "has characters that no key contains"),
    ],
)
def test_a_setting_that_is_none(name, value, words, tmp_path):
    line = said(RUN, tmp_path, **{name: value})

    assert name in line
    assert words in line
    assert name != "OPENAI_API_KEY" or "sk-a" not in line


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()

    assert "cannot be created: Not a directory" in said(RUN, tmp_path / "file" / "var")


def in_a_process(first: str) -> list[str]:
    """`manage.py run` in a process in which something else comes first."""
    run = "import runpy, sys; sys.argv = ['manage.py', 'run']; "
    return ["-c", f"{run}{first}; runpy.run_path('manage.py', run_name='__main__')"]


@guards("chatsite/runtime/management/commands/run.py", "    if free < ROOM:", "    if False:")
def test_a_full_disk(tmp_path):
    full = "import shutil, types; shutil.disk_usage = lambda path: types.SimpleNamespace(free=0)"

    assert "is full: 0 MB are free" in said(in_a_process(full), tmp_path, DATABASE_URL="")


@guards(
    "chatsite/runtime/management/commands/run.py",
    "except DatabaseError as error:",
    "except ZeroDivisionError as error:",
)
def test_a_database_that_cannot_be_written(tmp_path):
    """Files may grow to a few bytes only, as on a disk that fills up meanwhile."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    (tmp_path / "secret_key").write_text("k" * 64)

    elsewhere = {"REDIS_URL": "redis://127.0.0.1:1/0", "PORT": str(services.free_port())}
    line = said(in_a_process(full), tmp_path, DATABASE_URL="", **elsewhere)

    assert "The database cannot be used" in line


def two_neighbours() -> tuple[socket.socket, socket.socket]:
    """Servers on two ports in a row, wherever there are such."""
    while True:
        first = socket.create_server(("127.0.0.1", 0))
        try:
            return first, socket.create_server(("127.0.0.1", int(first.getsockname()[1]) + 1))
        except (OSError, OverflowError):
            first.close()


def test_the_port_that_is_suggested_is_free(tmp_path):
    first, second = two_neighbours()
    with first, second:
        port = int(first.getsockname()[1])

        line = said(RUN, tmp_path, PORT=str(port))

    assert f"Port {port} is taken. Choose another: PORT=" in line
    assert f"PORT={port + 1} " not in line


def test_a_web_process_whose_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = said([*WEB, str(taken.getsockname()[1])], tmp_path)

    assert "Address already in use" in line


def test_behind_https_the_checks_of_a_deployment_find_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=os.environ
        | {"VAR_DIR": str(tmp_path), "BEHIND_HTTPS": "true", "ALLOWED_HOSTS": "shop.example"},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
    )

    assert done.returncode == 0, done.stderr


def test_behind_https_cookies_are_this_hosts_alone(tmp_path):
    code = """
import django; django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
page = Client(headers={"x-forwarded-proto": "https", "host": "shop.example"}).get("/new/")
print(page.cookies.output())
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ
        | {
            "VAR_DIR": str(tmp_path),
            "DATABASE_URL": "",
            "BEHIND_HTTPS": "true",
            "DEBUG": "true",  # static files as they are, without collecting them first
            "ALLOWED_HOSTS": "shop.example",
            "DJANGO_SETTINGS_MODULE": "chatsite.settings",
        },
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
    )

    lines = sorted(line for line in done.stdout.splitlines() if "Set-Cookie" in line)
    names = [line.partition("=")[0] for line in lines]
    assert names == ["Set-Cookie: __Host-csrftoken", "Set-Cookie: __Host-visitor"], done.stderr
    for line in lines:
        assert "Secure" in line
        assert "Path=/" in line
        assert "Domain" not in line
