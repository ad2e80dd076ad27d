"""Deployment files and the settings' page are held to the code, and the code to them."""

import ast
import configparser
import os
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands
from django.utils.module_loading import import_string

from chatsite import env
from chatsite.celery import app as workers
from chatsite.runtime.beat import app as beat

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SITE = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "chatsite"}


def variables_read() -> set[str]:
    """Names that `chatsite.env` is asked for anywhere in the product."""
    names = set()
    for path in (ROOT / "chatsite").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env")),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    names.add(name)
    return names


def image_command() -> list[str]:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    return list(ast.literal_eval(next(line for line in lines if line.startswith("CMD"))[4:]))


def supervised() -> dict[str, list[str]]:
    """Commands of supervisord.conf by program."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    parser.read(ROOT / "supervisord.conf")
    return {
        section.partition(":")[2]: shlex.split(parser[section]["command"])
        for section in parser.sections()
        if section.startswith("program:")
    }


def composed() -> dict[str, list[str]]:
    """Commands of docker-compose.yml by service."""
    return {
        name: shlex.split(each["command"]) if "command" in each else image_command()
        for name, each in SITE.items()
    }


# What `make run` needs of a machine, and an image has built in. `PORT` is the host's in compose.
OF_ONE_MACHINE = {
    "ATTACHMENTS_DIR",
    "BIND_ADDRESS",
    "DEBUG",
    "DEMO_PORT",
    "PORT",
    "VAR_DIR",
    "WORKERS",
}
COMMANDS = [*composed().values(), *supervised().values()]


def test_every_variable_read_is_documented_and_the_other_way_round():
    rows = re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE)

    assert rows == sorted(rows)
    assert set(rows) == variables_read()


def test_compose_sets_only_variables_that_are_read():
    for service in SITE.values():
        names = {name.removesuffix("_FILE") for name in service["environment"]}
        assert names <= variables_read()


def test_compose_passes_on_every_variable_that_a_site_may_need():
    given = {name.removesuffix("_FILE") for each in SITE.values() for name in each["environment"]}

    assert variables_read() - given == OF_ONE_MACHINE


def test_what_compose_reads_from_a_file_may_be_a_secret_and_is_documented_as_one():
    (words,) = re.findall(r"may hold a secret \(([^)]*)\)", SETTINGS)
    secrets = set(re.findall("[A-Z_]+", words))
    files = {
        name.removesuffix("_FILE")
        for each in SITE.values()
        for name in each["environment"]
        if name.endswith("_FILE")
    }

    # Redis is another container's, on a network of their own, and has no password.
    assert files == secrets - {"REDIS_URL"}


def test_an_empty_file_of_a_secret_that_a_site_has_not_is_the_default(tmp_path, monkeypatch):
    (tmp_path / "empty").touch()
    for name in ("EMAIL_URL", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "empty"))

    assert env.mail_server("EMAIL_URL").host == "localhost"
    assert env.secret("OPENAI_ADMIN_KEY") == ""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_names_what_exists(words):
    if "daphne" in words:
        module, _, application = words[-1].partition(":")
        assert callable(import_string(f"{module}.{application}"))
    elif words[1:2] == ["-m"]:
        assert import_module(words[2])
    elif "manage.py" in words:
        assert words[words.index("manage.py") + 1] in get_commands()
    else:
        assert words[0] == "%(ENV_REDIS_SERVER)s"


@pytest.mark.parametrize(
    ("starts", "unneeded"),
    [
        ("import chatsite.asgi, django.urls; django.urls.get_resolver().url_patterns", "openai"),
        ("import chatsite.runtime.worker", "celery.bin.celery"),
        ("import chatsite.runtime.beat", "django.db.models"),
    ],
)
def test_a_process_loads_only_what_it_needs(starts, unneeded):
    """The provider's client takes 30 MB, Celery's command line 13, Django's models 25."""
    code = f"import sys; {starts}; sys.exit({unneeded!r} in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_process_has_the_same_options_in_both_ways_of_running(name):
    here = {word for word in supervised()[name] if word.startswith("-")}
    there = {word for word in composed()[name] if word.startswith("-")}

    assert here == there


def test_compose_declares_the_secrets_volumes_and_services_it_uses():
    for service in COMPOSE["services"].values():
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
        for volume in service.get("volumes", []):
            name = volume.partition(":")[0]
            assert (ROOT / name).exists() if name.startswith(".") else name in COMPOSE["volumes"]
        for name, value in service.get("environment", {}).items():
            if name.endswith("_FILE"):
                assert Path(value).name in service["secrets"]


def test_a_worker_is_given_longer_than_it_takes_to_drain():
    worker = SITE["worker"]

    grace = int(worker["stop_grace_period"].removesuffix("s"))
    assert int(worker["environment"]["DRAIN_SECONDS"]) < grace


def test_no_secret_is_written_down():
    for service in COMPOSE["services"].values():
        for name in service.get("environment", {}):
            if re.search("KEY|PASSWORD|SECRET|DATABASE_URL", name):
                assert name.endswith("_FILE")


def test_the_image_is_made_of_files_that_exist():
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY"):
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()


@pytest.fixture
def docker(tmp_path, monkeypatch) -> None:
    """Docker's command as far as `make digests` asks it; no registry can be reached by tests."""
    program = tmp_path / "docker"
    digest = "a" * 64
    program.write_text(f'#!/bin/sh\nfor image; do :; done\necho "${{image%:*}}@sha256:{digest}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


@pytest.mark.usefixtures("docker")
def test_every_image_can_be_named_by_its_digest():
    said = subprocess.run(["make", "-s", "digests"], cwd=ROOT, capture_output=True, text=True)

    lines = dict(line.split("=", 1) for line in said.stdout.splitlines())
    images = [each["image"] for each in COMPOSE["services"].values()] + re.findall(
        r"PYTHON_IMAGE: (\S+)", (ROOT / "docker-compose.yml").read_text()
    )
    read = dict(re.findall(r"\$\{(\w+):-([^}]+)\}", " ".join(images)))
    assert set(images) - {f"${{{name}:-{image}}}" for name, image in read.items()} == {"chatsite"}
    assert lines == {
        name: f"{image.partition(':')[0]}@sha256:{'a' * 64}" for name, image in read.items()
    }
    given = f"ARG PYTHON_IMAGE={read['PYTHON_IMAGE']}\nFROM ${{PYTHON_IMAGE}}\n"
    assert given in (ROOT / "Dockerfile").read_text()


def test_pins_are_hashed_and_name_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        for requirement in re.findall(r"^\S+==.*(?:\n +.*)+", text, re.MULTILINE):
            assert "--hash=sha256:" in requirement


def test_every_direct_requirement_is_pinned():
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.M))

    wanted = re.findall(r"^([a-z0-9-]+)", (ROOT / "requirements.in").read_text(), re.MULTILINE)

    assert set(wanted) <= pinned


def test_the_beat_sends_what_workers_know():
    workers.loader.import_default_modules()

    sent = {entry["task"] for entry in beat.conf.beat_schedule.values()}

    assert sent <= set(workers.tasks)
