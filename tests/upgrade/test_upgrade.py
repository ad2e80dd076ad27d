"""A database of each released version upgrades, and the version before can still write into it."""

import gzip
import os
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RELEASED = sorted(HERE.glob("*.sqlite3.gz"))
NAMES = [path.name.removesuffix(".sqlite3.gz") for path in RELEASED]


@pytest.fixture(params=RELEASED, ids=NAMES)
def upgraded(request, tmp_path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """The database as it was released, and a copy that this version has migrated."""
    paths = [tmp_path / "released.sqlite3", tmp_path / "chat.sqlite3"]
    for path in paths:
        path.write_bytes(gzip.decompress(request.param.read_bytes()))
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/chat.sqlite3",
    }
    command = [sys.executable, "manage.py", "migrate", "--no-input"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    before, after = (sqlite3.connect(path) for path in paths)
    yield before, after
    before.close()
    after.close()


def columns(database: sqlite3.Connection) -> dict[tuple[str, str], tuple[bool, str | None]]:
    """By table and column, whether it must have a value, and its default."""
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {
        (table, name): (bool(is_required), default)
        for (table,) in tables.fetchall()
        for _, name, _, is_required, default, is_key in database.execute(
            f"PRAGMA table_info({table})"
        )
        if not is_key
    }


def test_there_is_a_database_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert version in NAMES


def test_what_was_stored_is_still_there(upgraded):
    before, after = upgraded

    for table in ("chat_message", "billing_ledgerentry", "knowledge_article", "routing_policy"):
        counts = [each.execute(f"SELECT COUNT(*) FROM {table}").fetchone() for each in upgraded]
        assert counts[0] == counts[1] != (0,)
    text = "SELECT text FROM chat_message ORDER BY id"
    assert before.execute(text).fetchall() == after.execute(text).fetchall()


def test_the_version_before_can_still_read_and_write(upgraded):
    """Expand, then contract: no column is gone, and a new one needs no value from older code."""
    before, after = (columns(each) for each in upgraded)

    gone = [column for column in before if column not in after]
    demanding = [
        column
        for column, (is_required, default) in after.items()
        if column not in before
        and column[0] in {table for table, _ in before}
        and is_required
        and default is None
    ]
    assert (gone, demanding) == ([], [])
